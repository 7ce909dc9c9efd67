package dev.larder.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;

/** Text that a client sent for people to read: bounded, and harmless on a terminal. */
final class ShownText {
  private static final char REPLACEMENT = '\ufffd';

  private ShownText() {}

  /**
   * The text, cut where it is longer than so many bytes of UTF-8; control characters are replaced.
   */
  static String of(String text, int most) {
    CharBuffer left = CharBuffer.wrap(text);
    UTF_8
        .newEncoder()
        .onMalformedInput(CodingErrorAction.REPLACE)
        .encode(left, ByteBuffer.allocate(most), true);
    char[] shown = text.substring(0, left.position()).toCharArray();
    for (int i = 0; i < shown.length; i++) {
      if (Character.isISOControl(shown[i])) {
        shown[i] = REPLACEMENT;
      }
    }
    return new String(shown);
  }
}
