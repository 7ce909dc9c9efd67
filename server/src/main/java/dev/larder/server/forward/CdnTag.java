package dev.larder.server.forward;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A tag as CDNs know it. Headers of responses carry tags with commas or blanks between them, and
 * CDNs differ in which characters they take: so one that is long or has others is represented by
 * its hash. The adapter does the same ({@code cdnTag} in {@code @larder/next}).
 */
final class CdnTag {
  /** What every CDN takes as it is. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_:./-]{1,128}");

  /** How many bytes of the SHA-256 represent a tag. */
  private static final int BYTES = 8;

  private CdnTag() {}

  /** The tag itself, or {@code h:} and 16 hexadecimal digits of the SHA-256 of its UTF-8. */
  static String of(String tag) {
    return PLAIN.matcher(tag).matches() ? tag : "h:" + hash(tag);
  }

  private static String hash(String tag) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(tag.getBytes(UTF_8));
      return HexFormat.of().formatHex(digest, 0, BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
