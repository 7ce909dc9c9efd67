package dev.larder.redis.store;

/**
 * A namespace in use by this server.
 *
 * @param names what it has in the store
 * @param log its history
 * @param leases its leases
 * @param clock the store's clock, as replies about it tell
 */
record OpenNamespace(Names names, RedisLog log, RedisLeases leases, StoreClock clock) {}
