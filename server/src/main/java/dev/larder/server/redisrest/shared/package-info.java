/**
 * The databases of Redis over HTTP in a Redis or Valkey that several servers share: each namespace
 * has keys of its own in it, told apart by a prefix that clients do not see.
 *
 * <p>Starting points: {@link dev.larder.server.redisrest.shared.SharedDatabases}.
 */
@NullMarked
package dev.larder.server.redisrest.shared;

import org.jspecify.annotations.NullMarked;
