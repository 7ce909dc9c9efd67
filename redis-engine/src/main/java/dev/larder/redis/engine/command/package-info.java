/**
 * The commands: a table of them, and a file for each family.
 *
 * <p>Starting points: {@link dev.larder.redis.engine.command.CommandTable}, {@link
 * dev.larder.redis.engine.command.Executor}.
 */
@NullMarked
package dev.larder.redis.engine.command;

import org.jspecify.annotations.NullMarked;
