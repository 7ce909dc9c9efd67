package dev.larder.redis.engine.lua;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.larder.redis.engine.command.CommandException;
import dev.larder.redis.engine.resp.Bytes;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What the first line of a library says: {@code #!lua name=mylib}.
 *
 * <p>The engine is always Lua. Nothing but the name may be declared. Snapshots ask for the name,
 * too, without running the source.
 */
public final class LibraryHeader {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_]+");

  private LibraryHeader() {}

  /**
   * The name of a library.
   *
   * @param source as it was sent
   * @return letters, digits and underscores
   * @throws CommandException if the first line does not say it
   */
  public static String name(Bytes source) {
    String text = new String(source.array(), ISO_8859_1);
    if (!text.startsWith("#!")) {
      throw new CommandException("ERR Missing library metadata");
    }
    int end = text.indexOf('\n');
    if (end < 0) {
      throw new CommandException("ERR Invalid library metadata");
    }
    String[] words = text.substring(2, end).strip().split("\\s+", -1);
    if (!words[0].toLowerCase(Locale.ROOT).equals("lua")) {
      throw CommandException.quoting("ERR Engine '%s' not found".formatted(words[0]));
    }
    String name = null;
    for (int i = 1; i < words.length; i++) {
      if (!words[i].toLowerCase(Locale.ROOT).startsWith("name=")) {
        throw CommandException.quoting("ERR Invalid metadata value given: " + words[i]);
      }
      if (name != null) {
        throw new CommandException(
            "ERR Invalid metadata value, name argument was given multiple times");
      }
      name = words[i].substring(5);
    }
    if (name == null) {
      throw new CommandException("ERR Library name was not given");
    }
    if (!NAME.matcher(name).matches()) {
      throw new CommandException(
          "ERR Library names can only contain letters, numbers, or underscores(_) and must be at"
              + " least one character long");
    }
    return name;
  }

  /** The source with the line left blank, so that the numbers of lines stay. */
  static byte[] without(Bytes source) {
    byte[] rest = source.array().clone();
    int end = 0;
    while (rest[end] != '\n') {
      end++;
    }
    Arrays.fill(rest, 0, end, (byte) ' ');
    return rest;
  }
}
