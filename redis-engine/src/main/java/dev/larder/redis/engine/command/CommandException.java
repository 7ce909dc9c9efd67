package dev.larder.redis.engine.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.Locale;

/** A command cannot be run, for a reason that is its reply. */
public final class CommandException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Reply.SimpleError reply;

  /** With an error to answer. */
  public CommandException(String text) {
    super(text, null, false, false);
    reply = new Reply.SimpleError(text);
  }

  /** With an error to answer, which quotes any bytes: one character stands for each. */
  public static CommandException quoting(String latin1) {
    return new CommandException(Bytes.wrap(latin1.getBytes(ISO_8859_1)));
  }

  /** What a text is quoted as: one character for each byte, up to the first that is zero. */
  static String quoted(Bytes text) {
    var whole = new String(text.array(), ISO_8859_1);
    int end = whole.indexOf('\0');
    return end < 0 ? whole : whole.substring(0, end);
  }

  private CommandException(Bytes text) {
    super(text.toString(), null, false, false);
    reply = new Reply.SimpleError(text);
  }

  /** What to answer. */
  public Reply.SimpleError reply() {
    return reply;
  }

  static CommandException syntax() {
    return new CommandException("ERR syntax error");
  }

  static CommandException notAnInteger() {
    return new CommandException("ERR value is not an integer or out of range");
  }

  static CommandException notAFloat() {
    return new CommandException("ERR value is not a valid float");
  }

  static CommandException outOfRange() {
    return new CommandException("ERR value is out of range");
  }

  static CommandException wrongType() {
    return new CommandException(
        "WRONGTYPE Operation against a key holding the wrong kind of value");
  }

  /** A subcommand cannot be called with what follows it. */
  static CommandException subcommand(Call call) {
    return quoting(
        "ERR unknown subcommand or wrong number of arguments for '%s'. Try %s HELP."
            .formatted(
                quoted(call.arg(1)),
                call.name().substring(0, call.name().indexOf('|')).toUpperCase(Locale.ROOT)));
  }

  static CommandException arity(String name) {
    return new CommandException("ERR wrong number of arguments for '" + name + "' command");
  }
}
