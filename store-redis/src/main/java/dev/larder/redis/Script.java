package dev.larder.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What runs inside the store, atomically. */
enum Script {
  OPEN("open"),
  SINCE("history", "since"),
  APPEND("history", "append"),
  COMPACT("history", "compact"),
  BEGIN_ANEW("begin-anew"),
  DELETE("delete"),
  BEAT("beat"),
  CLAIM("claim"),
  ADOPT("adopt"),
  RELEASE("release"),
  STORED("stored"),
  PUT("put"),
  REMOVE_IF_STILL("remove-if-still"),
  RIGHTS("rights");

  private final String text;
  private final String digest;

  Script(String... parts) {
    var whole = new StringBuilder();
    for (String part : parts) {
      whole.append(read(part));
    }
    this.text = whole.toString();
    this.digest = sha1(text.getBytes(UTF_8));
  }

  /** Its source. */
  String text() {
    return text;
  }

  /** The name the store knows it by, once it was told the source. */
  String digest() {
    return digest;
  }

  private static String read(String part) {
    try (var file = Script.class.getResourceAsStream(part + ".lua")) {
      if (file == null) {
        throw new IllegalStateException("the script '%s' is missing".formatted(part));
      }
      return new String(file.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String sha1(byte[] text) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
