package dev.larder.server.redisrest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.server.http.Refusal;
import java.io.ByteArrayOutputStream;

/** The bytes that a part of a URL stands for: RFC 3986, section 2.1. */
final class PercentCoding {
  private PercentCoding() {}

  /**
   * Decodes a part of a URL.
   *
   * <p>What is not coded stands for its bytes in UTF-8.
   *
   * @param form whether a plus is a blank, as forms write it
   * @throws Refusal if a percent sign is followed by no byte
   */
  static Bytes decode(String text, boolean form) {
    byte[] coded = text.getBytes(UTF_8);
    var bytes = new ByteArrayOutputStream(coded.length);
    for (int i = 0; i < coded.length; i++) {
      if (coded[i] == '%') {
        bytes.write(hex(coded, i + 1) << 4 | hex(coded, i + 2));
        i += 2;
      } else {
        bytes.write(form && coded[i] == '+' ? ' ' : coded[i]);
      }
    }
    return Bytes.wrap(bytes.toByteArray());
  }

  private static int hex(byte[] coded, int at) {
    int digit = at < coded.length ? Character.digit((char) (coded[at] & 0xff), 16) : -1;
    if (digit < 0) {
      throw new Refusal(
          400,
          "invalid-value",
          "ERR a percent sign in the URL that no two hexadecimal digits follow");
    }
    return digit;
  }
}
