package dev.larder.redis.engine.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.Locale;

/**
 * A command cannot be run, for a reason that is its reply.
 *
 * <p>It is made without a stack trace: errors are an ordinary answer, and strangers can ask for
 * many. Whoever throws it has changed nothing.
 */
public final class CommandException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Reply.SimpleError reply;

  /**
   * With an error to answer.
   *
   * @param text the code in capital letters, a blank, and a sentence, as Redis words it
   */
  public CommandException(String text) {
    super(text, null, false, false);
    reply = new Reply.SimpleError(text);
  }

  /**
   * With an error to answer, which quotes any bytes: one character stands for each.
   *
   * @param latin1 the error, of which each character becomes one byte
   */
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

  /** The parts cannot be read as the command's form. */
  static CommandException syntax() {
    return new CommandException("ERR syntax error");
  }

  /** A part, or the value of a key, is no integer of 64 bits in its one form. */
  static CommandException notAnInteger() {
    return new CommandException("ERR value is not an integer or out of range");
  }

  /** A part is no number, or was rounded to infinity or to zero. */
  static CommandException notAFloat() {
    return new CommandException("ERR value is not a valid float");
  }

  /** A number is one, and has a value that the command does not take. */
  static CommandException outOfRange() {
    return new CommandException("ERR value is out of range");
  }

  /** The key has a value of another type; its code is {@code WRONGTYPE}. */
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

  /**
   * There are too few or too many parts.
   *
   * @param name of the command in lower case, as it is quoted
   */
  static CommandException arity(String name) {
    return new CommandException("ERR wrong number of arguments for '" + name + "' command");
  }
}
