package dev.larder.redis.engine.command;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import java.util.stream.IntStream;

/**
 * Where the keys are among the parts of a command.
 *
 * <p>Whoever checks which keys a command touches asks it, before the command is run: rights,
 * namespaces, COMMAND GETKEYS. So it must not fail, whatever the parts are.
 */
@FunctionalInterface
public interface KeyPositions {
  /** No keys. */
  KeyPositions NONE = parts -> new int[0];

  /** The first argument is the one key. */
  KeyPositions FIRST = range(1, 1, 1);

  /** All arguments are keys. */
  KeyPositions ALL = range(1, -1, 1);

  /**
   * The indexes of the keys; the name of the command is at index 0.
   *
   * @param parts the command as it was sent; maybe with too few parts, or wrong ones
   */
  int[] of(Bytes[] parts);

  /**
   * Keys at regular places.
   *
   * @param first the index of the first
   * @param last the index of the last; from the end if negative, -1 being the last part
   * @param step from one to the next
   */
  static KeyPositions range(int first, int last, int step) {
    return parts -> {
      int end = Math.min(last < 0 ? parts.length + last : last, parts.length - 1);
      return IntStream.iterate(first, i -> i <= end, i -> i + step).toArray();
    };
  }

  /**
   * As many keys as the part at an index says, after it; and the one key at index 1 if wanted.
   *
   * <p>A number that is none or negative means no keys, one that is too large as many as there are
   * parts; the command answers the error.
   *
   * @param index where the number of keys is
   * @param first whether index 1 is a key, too: that of the result
   */
  static KeyPositions counted(int index, boolean first) {
    return parts -> {
      long said = index < parts.length ? Numbers.integer(parts[index]).orElse(0) : 0;
      int count = (int) Math.max(0, Math.min(said, parts.length - index - 1L));
      var after = IntStream.rangeClosed(index + 1, index + count);
      return (first ? IntStream.concat(IntStream.of(1), after) : after).toArray();
    };
  }
}
