package dev.larder.core;

/**
 * A value somebody gave us that is not allowed. Its message names the value and what was expected,
 * and is meant for whoever sent it.
 */
public final class InvalidValueException extends RuntimeException {
  private static final int SHOWN = 80;

  /** An exception with that message. */
  public InvalidValueException(String message) {
    super(message);
  }

  /** The text, cut to a length that fits into a message and freed of control characters. */
  public static String shortened(String text) {
    String printable =
        text.codePoints()
            .limit(SHOWN)
            .map(c -> Character.isISOControl(c) ? '?' : c)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    return printable.length() < text.length() ? printable + "…" : printable;
  }
}
