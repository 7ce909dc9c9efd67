package dev.larder.redis.engine.command;

import dev.larder.redis.engine.data.StreamId;
import dev.larder.redis.engine.data.StreamValue;
import dev.larder.redis.engine.resp.Bytes;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The options of XADD and XTRIM, and identifiers as arguments.
 *
 * <p>XADD takes [NOMKSTREAM] [MAXLEN|MINID [=|~] threshold [LIMIT count]] before its identifier,
 * XTRIM takes the same after its key. With a tilde Redis may leave some entries more than wanted,
 * up to the end of a node; here there are no nodes, and trimming is always exact, but for LIMIT.
 *
 * <p>An identifier is {@code ms-sequence}, or the milliseconds alone; both numbers have 64 bits
 * without a sign.
 */
final class StreamArguments {
  /** A time, and maybe a sequence; before that may stand what is group 2. */
  private static final Pattern IDENTIFIER =
      Pattern.compile("\\s*\\+?(\\d+)(?:-(\\s*\\+?|\\s+-)(\\d+))?");

  private boolean create = true;
  private boolean approximately;
  private long most = -1;
  private @Nullable StreamId least;
  private boolean limited;
  private long limit;
  private int id;

  /**
   * Reads the options up to the identifier of XADD, or all of XTRIM's.
   *
   * @param adding whether they are those of XADD
   * @throws CommandException if one is unknown, or they exclude each other
   */
  static StreamArguments read(Call call, boolean adding) {
    var arguments = new StreamArguments();
    int i = 2;
    while (i < call.size()) {
      int left = call.size() - 1 - i;
      if (adding && call.is(i, "*")) {
        break;
      } else if (call.is(i, "maxlen") && left > 0) {
        i = arguments.threshold(call, i, true);
      } else if (call.is(i, "minid") && left > 0) {
        i = arguments.threshold(call, i, false);
      } else if (call.is(i, "limit") && left > 0) {
        arguments.limited = true;
        arguments.limit = call.integer(i + 1);
        if (arguments.limit < 0) {
          throw new CommandException("ERR The LIMIT argument must be >= 0.");
        }
        i += 2;
      } else if (adding && call.is(i, "nomkstream")) {
        arguments.create = false;
        i++;
      } else if (adding) {
        break;
      } else {
        throw CommandException.syntax();
      }
    }
    arguments.id = i;
    if (adding) {
      arguments.checkId(call);
    }
    arguments.check(adding);
    return arguments;
  }

  /**
   * Reads MAXLEN or MINID with its sign.
   *
   * @param at where the option is
   * @param length whether it bounds the number of entries, or the first identifier
   * @return the index after the threshold
   */
  private int threshold(Call call, int at, boolean length) {
    if (trims()) {
      throw new CommandException(
          "ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
    }
    int i = at + 1;
    boolean sign = call.size() - 1 - at >= 2 && (call.is(i, "~") || call.is(i, "="));
    if (sign) {
      approximately = call.is(i, "~");
      i++;
    }
    if (length) {
      most = call.integer(i);
      if (most < 0) {
        throw new CommandException("ERR The MAXLEN argument must be >= 0.");
      }
    } else {
      least = parse(call.arg(i), 0);
    }
    return i + 1;
  }

  /** Whether a threshold was said. */
  private boolean trims() {
    return most >= 0 || least != null;
  }

  /** Fails if LIMIT has no tilde or no threshold, or XTRIM has no threshold. */
  private void check(boolean adding) {
    if (limit > 0 && !trims()) {
      throw new CommandException(
          "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
    }
    if (!adding && !trims()) {
      throw new CommandException("ERR syntax error, XTRIM must be called with a trimming strategy");
    }
    if (limited && !approximately) {
      throw new CommandException(
          "ERR syntax error, LIMIT cannot be used without the special ~ option");
    }
  }

  /** Fails if the identifier of XADD is none; a star may stand for its sequence. */
  private void checkId(Call call) {
    if (id < call.size() && !call.is(id, "*")) {
      Bytes text = call.arg(id);
      String said = text.toString();
      parse(said.endsWith("-*") ? text.slice(0, text.length() - 2) : text, 0);
    }
  }

  /** Whether a stream is made if there is none. */
  boolean create() {
    return create;
  }

  /** The index of the identifier. */
  int id() {
    return id;
  }

  /**
   * Removes the oldest entries that there are too many; returns how many.
   *
   * <p>It takes time for what is removed only. Groups still know removed entries as pending, as in
   * Redis.
   */
  long trim(StreamValue stream) {
    long removed = 0;
    while (!stream.entries().isEmpty()
        && (limit == 0 || removed < limit)
        && isTooMuch(stream, stream.entries().firstKey())) {
      stream.remove(stream.entries().firstKey());
      removed++;
    }
    return removed;
  }

  /** Whether the first entry is beyond the threshold. */
  private boolean isTooMuch(StreamValue stream, StreamId first) {
    return least != null ? first.compareTo(least) < 0 : most >= 0 && stream.entries().size() > most;
  }

  /**
   * An identifier, or a time with the sequence that is given.
   *
   * <p>Numbers are read as C's {@code strtoull} reads them, as in Redis: blanks and a plus may
   * stand before one, and a minus that follows a blank takes it from 2^64.
   *
   * @param sequence the sequence if the text has none: 0 for a lower bound, -1 for the greatest
   * @throws CommandException if it is no identifier
   */
  static StreamId parse(Bytes text, long sequence) {
    Matcher said = IDENTIFIER.matcher(text.toString());
    if (!said.matches()) {
      throw invalid();
    }
    long millis = unsigned("", said.group(1));
    return new StreamId(
        millis, said.group(3) == null ? sequence : unsigned(said.group(2), said.group(3)));
  }

  /** The number of these digits after what stands before them. */
  private static long unsigned(String before, String digits) {
    try {
      long number = Long.parseUnsignedLong(digits);
      return before.endsWith("-") ? -number : number;
    } catch (NumberFormatException e) {
      throw invalid();
    }
  }

  private static CommandException invalid() {
    return new CommandException("ERR Invalid stream ID specified as stream command argument");
  }
}
