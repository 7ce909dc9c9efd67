package dev.larder.redis.engine.lua;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.larder.redis.engine.command.CommandException;
import java.util.Arrays;
import java.util.Set;

/**
 * What the first line of a script says, if it begins with {@code #!}. Limiters of Upstash declare
 * what Redis does not know, and some not in the first line: such a line says nothing, and is left
 * out.
 *
 * @param declared whether there is such a line
 * @param noWrites whether it says that the script writes nothing
 * @param from where it begins
 * @param to where it ends
 */
record ScriptHeader(boolean declared, boolean noWrites, int from, int to) {
  private static final String OF_UPSTASH = "allow-key-locking";
  private static final Set<String> FLAGS =
      Set.of(
          "no-writes",
          "allow-oom",
          "allow-stale",
          "no-cluster",
          "allow-cross-slot-keys",
          OF_UPSTASH);

  /**
   * Reads the first line of a source. Flags that Redis does not know are an error, but for the one
   * of Upstash.
   *
   * @throws CommandException if the line names another engine, option or flag
   */
  static ScriptHeader of(byte[] source) {
    int from = 0;
    while (from < source.length
        && (source[from] == ' ' || (source[from] >= 9 && source[from] <= 13))) {
      from++;
    }
    if (source.length < from + 2 || source[from] != '#' || source[from + 1] != '!') {
      return new ScriptHeader(false, false, 0, 0);
    }
    String text = new String(source, ISO_8859_1);
    int end = text.indexOf('\n', from);
    if (from > 0) {
      return new ScriptHeader(false, false, from, end < 0 ? source.length : end);
    }
    if (end < 0) {
      throw new CommandException("ERR Invalid script shebang");
    }
    String[] words = text.substring(0, end).strip().split("\\s+", -1);
    if (!words[0].equals("#!lua")) {
      throw CommandException.quoting("ERR Unexpected engine in script shebang: " + words[0]);
    }
    boolean noWrites = false;
    int ofUpstash = 0;
    int flags = 0;
    for (int i = 1; i < words.length; i++) {
      if (!words[i].startsWith("flags=")) {
        throw CommandException.quoting("ERR Unknown lua shebang option: " + words[i]);
      }
      for (String flag : words[i].substring(6).split(",", -1)) {
        if (!flag.isEmpty() && !FLAGS.contains(flag)) {
          throw CommandException.quoting("ERR Unexpected flag in script shebang: " + flag);
        }
        noWrites |= flag.equals("no-writes");
        ofUpstash += flag.equals(OF_UPSTASH) ? 1 : 0;
        flags += flag.isEmpty() ? 0 : 1;
      }
    }
    boolean declared = ofUpstash == 0 || flags > ofUpstash;
    return new ScriptHeader(declared, noWrites, 0, end);
  }

  /** The script with the line left blank, so that the numbers of lines stay. */
  byte[] without(byte[] source) {
    if (to == from) {
      return source;
    }
    byte[] rest = source.clone();
    Arrays.fill(rest, from, to, (byte) ' ');
    return rest;
  }
}
