/**
 * A Redis-compatible database inside a JVM: commands, transactions, Lua scripts and subscriptions
 * over a keyspace that lasts in a directory, or does not.
 *
 * <p>Starting points: {@link dev.larder.redis.engine.Engine}, {@link
 * dev.larder.redis.engine.Database}.
 */
@NullMarked
package dev.larder.redis.engine;

import org.jspecify.annotations.NullMarked;
