/**
 * Redis over HTTP, as the SDKs of Upstash speak it: commands in JSON or in a path, answers in JSON,
 * messages as server-sent events.
 *
 * <p>Starting points: {@link dev.larder.server.redisrest.RedisEndpoint}.
 */
@NullMarked
package dev.larder.server.redisrest;

import org.jspecify.annotations.NullMarked;
