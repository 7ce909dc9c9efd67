/**
 * The store that servers share: Redis 6.2 or later, Valkey 7.2 or later; one server, a Sentinel
 * group or a cluster.
 *
 * <p>Starting points: {@link dev.larder.redis.RedisStoreProvider}.
 */
@NullMarked
package dev.larder.redis;

import org.jspecify.annotations.NullMarked;
