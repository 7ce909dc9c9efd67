package dev.larder.redis.engine.command;

import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;

/** What the subcommand HELP answers. */
final class Help {
  private Help() {}

  /**
   * The subcommands of a command, a line or more for each.
   *
   * <p>HELP itself is added as the last one.
   *
   * @param command in capital letters
   * @param lines those between the first and HELP, as Redis shows them
   */
  static Reply of(String command, String lines) {
    var shown = new ArrayList<Reply>();
    shown.add(Reply.simple(command + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
    lines.lines().map(Reply::simple).forEach(shown::add);
    shown.addAll(List.of(Reply.simple("HELP"), Reply.simple("    Prints this help.")));
    return Reply.of(shown);
  }
}
