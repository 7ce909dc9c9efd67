package dev.larder.redis.engine.lua;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.larder.redis.engine.command.CommandException;
import java.util.Arrays;
import java.util.Set;

/**
 * What the first line of a script says, if it begins with {@code #!}.
 *
 * @param declared whether there is such a line
 * @param noWrites whether it says that the script writes nothing
 * @param length of the line; the script begins after it
 */
record ScriptHeader(boolean declared, boolean noWrites, int length) {
  private static final Set<String> FLAGS =
      Set.of(
          "no-writes",
          "allow-oom",
          "allow-stale",
          "no-cluster",
          "allow-cross-slot-keys",
          // Of Upstash, whose limiters declare it.
          "allow-key-locking");

  static ScriptHeader of(byte[] source) {
    if (source.length < 2 || source[0] != '#' || source[1] != '!') {
      return new ScriptHeader(false, false, 0);
    }
    String text = new String(source, ISO_8859_1);
    int end = text.indexOf('\n');
    if (end < 0) {
      throw new CommandException("ERR Invalid script shebang");
    }
    String[] words = text.substring(0, end).strip().split("\\s+", -1);
    if (!words[0].equals("#!lua")) {
      throw CommandException.quoting("ERR Unexpected engine in script shebang: " + words[0]);
    }
    boolean noWrites = false;
    for (int i = 1; i < words.length; i++) {
      if (!words[i].startsWith("flags=")) {
        throw CommandException.quoting("ERR Unknown lua shebang option: " + words[i]);
      }
      for (String flag : words[i].substring(6).split(",", -1)) {
        if (!flag.isEmpty() && !FLAGS.contains(flag)) {
          throw CommandException.quoting("ERR Unexpected flag in script shebang: " + flag);
        }
        noWrites |= flag.equals("no-writes");
      }
    }
    return new ScriptHeader(true, noWrites, end);
  }

  /** The script with the line left blank, so that the numbers of lines stay. */
  byte[] without(byte[] source) {
    byte[] rest = source;
    if (declared) {
      rest = Arrays.copyOfRange(source, length, source.length);
    }
    return rest;
  }
}
