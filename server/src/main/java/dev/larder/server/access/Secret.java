package dev.larder.server.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32;

/**
 * What a client presents: {@code lrd_<id>_<secret><checksum>}. The id is of 10 characters and may
 * be shown; the secret is of 43, which is 256 bits; the checksum is the CRC-32 of what is before
 * it, in 6, by which scanners of source code know a token from other text, as with the tokens of
 * GitHub.
 *
 * @param id which token it is of
 * @param text all of it
 */
public record Secret(String id, String text) {
  private static final String PREFIX = "lrd_";

  /** Base 62: nothing in it has a meaning in a URL, a shell or a header. */
  private static final String DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  /** How many characters an id has. */
  static final int ID = 10;

  private static final int RANDOM = 43;
  private static final int CHECKSUM = 6;
  private static final int LENGTH = PREFIX.length() + ID + 1 + RANDOM + CHECKSUM;

  /**
   * A new secret of a token that has none yet.
   *
   * @param random where its bits come from: one that nobody can foresee
   */
  public static Secret random(RandomGenerator random) {
    String id = digits(random, ID);
    String checked = PREFIX + id + "_" + digits(random, RANDOM);
    return new Secret(id, checked + checksum(checked));
  }

  /**
   * What was presented, if it has the form of a secret.
   *
   * <p>The checksum is compared, too; it says nothing about whether such a token exists.
   */
  static Optional<Secret> parse(String given) {
    boolean formed =
        given.length() == LENGTH
            && given.startsWith(PREFIX)
            && given.charAt(PREFIX.length() + ID) == '_';
    if (!formed) {
      return Optional.empty();
    }
    int end = LENGTH - CHECKSUM;
    return checksum(given.substring(0, end)).equals(given.substring(end))
        ? Optional.of(new Secret(given.substring(PREFIX.length(), PREFIX.length() + ID), given))
        : Optional.empty();
  }

  /**
   * The SHA-256 of the text, in hexadecimal: all that is kept. A slow hash would cost every request
   * and protect nothing, as nobody guesses 256 random bits.
   */
  public String hash() {
    return HexFormat.of().formatHex(sha256(text));
  }

  /** Of the text in UTF-8; 32 bytes. */
  static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Never the secret itself. */
  @Override
  public String toString() {
    return PREFIX + id + "_…";
  }

  private static String digits(RandomGenerator random, int count) {
    var digits = new StringBuilder(count);
    for (int i = 0; i < count; i++) {
      digits.append(DIGITS.charAt(random.nextInt(DIGITS.length())));
    }
    return digits.toString();
  }

  /** The CRC-32 in base 62, with zeros before it. */
  private static String checksum(String text) {
    var crc = new CRC32();
    crc.update(text.getBytes(UTF_8));
    long value = crc.getValue();
    var digits = new char[CHECKSUM];
    for (int i = CHECKSUM - 1; i >= 0; i--) {
      digits[i] = DIGITS.charAt((int) (value % DIGITS.length()));
      value /= DIGITS.length();
    }
    return new String(digits);
  }
}
