package dev.larder.redis.engine.command;

import dev.larder.redis.engine.resp.Reply;

/** What a command does. */
@FunctionalInterface
public interface Handler {
  /**
   * Runs a command.
   *
   * @throws CommandException with the error to answer; nothing was changed then
   */
  Reply run(Call call);
}
