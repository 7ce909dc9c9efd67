package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.READ;

import dev.larder.redis.engine.data.StringValue;
import dev.larder.redis.engine.data.Value;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * LCS: the longest sequence of bytes that two strings have in common, with gaps.
 *
 * <p>The form is LCS key key [LEN] [IDX] [MINMATCHLEN length] [WITHMATCHLEN]. It is the classic
 * table of dynamic programming: time and memory grow with the product of both lengths, so the
 * product is bounded to 16 million numbers of 4 bytes. Nothing is changed.
 */
final class LcsCommand {
  /**
   * How many numbers the table of lengths may have: the bytes of one string by those of the other.
   */
  private static final long MOST = 16L << 20;

  private LcsCommand() {}

  static void addTo(CommandTable table) {
    table.add("lcs", -3, Set.of(READ), KeyPositions.range(1, 2, 1), LcsCommand::lcs);
  }

  /**
   * What the answer is to be.
   *
   * @param length whether only the length is wanted
   * @param ranges whether the ranges of what is common are wanted
   * @param withLengths whether each range is shown with its length
   * @param least how long a range must be to be shown, in bytes
   */
  private record Options(boolean length, boolean ranges, boolean withLengths, long least) {
    /**
     * Reads the options from index 3 on.
     *
     * @throws CommandException if one is unknown, or LEN and IDX are both there
     */
    static Options read(Call call) {
      boolean length = false;
      boolean ranges = false;
      boolean withLengths = false;
      long least = 0;
      for (int i = 3; i < call.size(); i++) {
        if (call.is(i, "len")) {
          length = true;
        } else if (call.is(i, "idx")) {
          ranges = true;
        } else if (call.is(i, "withmatchlen")) {
          withLengths = true;
        } else if (call.is(i, "minmatchlen") && i + 1 < call.size()) {
          least = Math.max(0, call.integer(++i));
        } else {
          throw CommandException.syntax();
        }
      }
      if (length && ranges) {
        throw new CommandException(
            "ERR If you want both the length and indexes, please just use IDX.");
      }
      return new Options(length, ranges, withLengths, least);
    }
  }

  /**
   * The string of a key; no key is an empty string.
   *
   * @throws CommandException if the key has another type
   */
  private static Bytes string(Call call, int index) {
    Value value = call.value(call.arg(index));
    if (value == null) {
      return Bytes.EMPTY;
    }
    if (value instanceof StringValue string) {
      return string.bytes();
    }
    throw new CommandException("ERR The specified keys must contain string values");
  }

  /**
   * Answers the bytes, their number, or the ranges.
   *
   * @throws CommandException if the table would get too large
   */
  private static Reply lcs(Call call) {
    Bytes a = string(call, 1);
    Bytes b = string(call, 2);
    var options = Options.read(call);
    if ((a.length() + 1L) * (b.length() + 1L) > MOST) {
      throw new CommandException(
          "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
    }
    int[][] lengths = lengths(a, b);
    int length = lengths[a.length()][b.length()];
    return options.length ? Reply.of(length) : walk(a, b, lengths, options);
  }

  /** How long what is common is, of the first bytes of one and the first bytes of the other. */
  private static int[][] lengths(Bytes a, Bytes b) {
    int[][] lengths = new int[a.length() + 1][b.length() + 1];
    for (int i = 1; i <= a.length(); i++) {
      for (int j = 1; j <= b.length(); j++) {
        lengths[i][j] =
            a.at(i - 1) == b.at(j - 1)
                ? lengths[i - 1][j - 1] + 1
                : Math.max(lengths[i - 1][j], lengths[i][j - 1]);
      }
    }
    return lengths;
  }

  /**
   * Goes back from the ends to find the bytes, and the ranges of what is together in both.
   *
   * <p>It goes as Redis does where there are several ways: to the left in the first string only if
   * that is longer. A range ends where one of the strings has something else, or begins; ranges are
   * shown from the last to the first.
   */
  private static Reply walk(Bytes a, Bytes b, int[][] lengths, Options options) {
    int length = lengths[a.length()][b.length()];
    byte[] common = new byte[length];
    int left = length;
    var ranges = new ArrayList<Reply>();
    int none = a.length();
    int fromA = none;
    int toA = 0;
    int fromB = 0;
    int toB = 0;
    int i = a.length();
    int j = b.length();
    while (i > 0 && j > 0) {
      boolean ends = false;
      if (a.at(i - 1) == b.at(j - 1)) {
        common[--left] = a.at(i - 1);
        if (fromA == none) {
          toA = i - 1;
          fromA = toA;
          toB = j - 1;
          fromB = toB;
        } else if (fromA == i && fromB == j) {
          fromA--;
          fromB--;
        } else {
          ends = true;
        }
        ends |= fromA == 0 || fromB == 0;
        i--;
        j--;
      } else {
        if (lengths[i - 1][j] > lengths[i][j - 1]) {
          i--;
        } else {
          j--;
        }
        ends = fromA != none;
      }
      if (ends) {
        int size = toA - fromA + 1;
        if (size >= options.least) {
          var range = new ArrayList<Reply>(List.of(pair(fromA, toA), pair(fromB, toB)));
          if (options.withLengths) {
            range.add(Reply.of(size));
          }
          ranges.add(Reply.of(range));
        }
        fromA = none;
      }
    }
    return options.ranges
        ? Reply.of(
            List.of(
                Reply.of(Bytes.of("matches")),
                Reply.of(ranges),
                Reply.of(Bytes.of("len")),
                Reply.of(length)))
        : Reply.of(Bytes.wrap(common));
  }

  /** A range with both ends included. */
  private static Reply pair(int from, int to) {
    return Reply.of(List.of(Reply.of(from), Reply.of(to)));
  }
}
