/**
 * The store that servers share: log, leases and entries in Redis 6.2 or later, or in Valkey 7.2 or
 * later.
 *
 * <p>Starting points: {@link dev.larder.redis.store.RedisStoreProvider} for users of the store, and
 * {@code Names} for what is stored under which name. {@code Heartbeat} says whether the store can
 * be used, {@code Histories} opens a namespace, {@code RedisLog}, {@code RedisLeases} and {@code
 * RedisEntries} are its parts. Scripts change what belongs together in one step.
 */
@NullMarked
package dev.larder.redis.store;

import org.jspecify.annotations.NullMarked;
