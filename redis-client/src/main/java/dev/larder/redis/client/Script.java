package dev.larder.redis.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A Lua script that a node runs atomically.
 *
 * @param text its source
 * @param digest the SHA-1 of its source, in hexadecimal: its name in {@code EVALSHA}
 */
public record Script(String text, String digest) {
  /** The script with that source. */
  public static Script of(String text) {
    try {
      byte[] sha1 = MessageDigest.getInstance("SHA-1").digest(text.getBytes(UTF_8));
      return new Script(text, HexFormat.of().formatHex(sha1));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
