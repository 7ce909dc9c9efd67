/** Tests of Redis over HTTP that need no process; those with the SDKs are in {@code redis-sdks}. */
@NullMarked
package dev.larder.server.redisrest;

import org.jspecify.annotations.NullMarked;
