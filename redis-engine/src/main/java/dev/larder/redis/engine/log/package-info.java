/**
 * Databases in a directory: a journal of what changed, and snapshots that make it short.
 *
 * <p>Starting points: {@link dev.larder.redis.engine.log.FileJournal}.
 */
@NullMarked
package dev.larder.redis.engine.log;

import org.jspecify.annotations.NullMarked;
