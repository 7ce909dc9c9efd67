package dev.larder.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;

/** Text that a client sent for people to read: bounded, and harmless on a terminal. */
final class ShownText {
  private static final char REPLACEMENT = '\ufffd';

  private ShownText() {}

  /**
   * The text, cut where it is longer than so many bytes of UTF-8; control characters are replaced.
   */
  static String of(String text, int most) {
    String cut = text;
    if ((long) text.length() * 3 > most) {
      CharBuffer left = CharBuffer.wrap(text);
      UTF_8.newEncoder().encode(left, ByteBuffer.allocate(most), true);
      cut = text.substring(0, left.position());
    }
    return cut.chars().anyMatch(Character::isISOControl)
        ? cut.codePoints()
            .map(c -> Character.isISOControl(c) ? REPLACEMENT : c)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString()
        : cut;
  }
}
