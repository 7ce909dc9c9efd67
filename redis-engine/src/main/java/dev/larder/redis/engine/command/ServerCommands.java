package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.READ;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.List;
import java.util.Set;

/**
 * What is asked of the database itself.
 *
 * <p>PING, ECHO and TIME: they touch no key. Commands about connections, such as AUTH, HELLO and
 * SELECT, belong to whoever has a connection, and are not here.
 */
final class ServerCommands {
  private ServerCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> read = Set.of(READ);
    table.add("ping", -1, read, KeyPositions.NONE, ServerCommands::ping);
    table.add("echo", 2, read, KeyPositions.NONE, call -> Reply.of(call.arg(1)));
    table.add("time", 1, read, KeyPositions.NONE, ServerCommands::time);
  }

  /** PING [message]: PONG, or the message. */
  private static Reply ping(Call call) {
    if (call.size() > 2) {
      throw CommandException.arity(call.name());
    }
    return call.size() == 2 ? Reply.of(call.arg(1)) : Reply.simple("PONG");
  }

  /**
   * TIME: seconds of the epoch, and microseconds within the second. The clock of the engine counts
   * ms, so the last three digits are zeros. The time is that of the whole transaction or script.
   */
  private static Reply time(Call call) {
    long now = call.keys().now();
    return Reply.ofStrings(List.of(Bytes.of(now / 1000), Bytes.of(now % 1000 * 1000)));
  }
}
