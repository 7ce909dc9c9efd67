/**
 * Connections to Redis 6.2 or later, or to Valkey 7.2 or later: one server, a Sentinel group or a
 * cluster.
 *
 * <p>Starting points: {@link dev.larder.redis.client.RedisAddress} says where the store is and how
 * to speak to it; {@link dev.larder.redis.client.RedisClient} connects to it, bounds the time of
 * every reply and names what is wrong. What is stored there is the caller's business: this package
 * knows no keys.
 */
@NullMarked
package dev.larder.redis.client;

import org.jspecify.annotations.NullMarked;
