/**
 * What goes into a Redis database and what comes out of it: byte strings, commands, replies, and
 * the protocol's numbers.
 *
 * <p>Starting points: {@link dev.larder.redis.engine.resp.Command}, {@link
 * dev.larder.redis.engine.resp.Reply}.
 */
@NullMarked
package dev.larder.redis.engine.resp;

import org.jspecify.annotations.NullMarked;
