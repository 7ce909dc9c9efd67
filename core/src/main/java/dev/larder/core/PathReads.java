package dev.larder.core;

/**
 * How often somebody read a path of an app.
 *
 * @param path as it was asked for, without a query: visible ASCII after a slash, at most {@value
 *     #MAX_BYTES} bytes
 * @param count about how often; never negative
 */
public record PathReads(String path, long count) {
  /** The most bytes of a path. */
  public static final int MAX_BYTES = 512;

  /** The most paths that are told at once. */
  public static final int MAX_COUNT = 256;

  /**
   * Reads of a path.
   *
   * @throws InvalidValueException if that is no path, or too long
   */
  public PathReads {
    if (!path.startsWith("/") || path.length() > MAX_BYTES || !visible(path)) {
      throw new InvalidValueException(
          "path '%s'; expected a slash and visible ASCII, at most %d bytes"
              .formatted(InvalidValueException.shortened(path), MAX_BYTES));
    }
    count = Math.max(0, count);
  }

  private static boolean visible(String path) {
    return path.chars().allMatch(character -> character > ' ' && character < 0x7f);
  }
}
