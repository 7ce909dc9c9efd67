package dev.larder.redis.engine.lua;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.Prototype;

/** The scripts that are known by their digest; those unused for longest are forgotten. */
final class Scripts {
  /** How many are kept. */
  private static final int MOST = 1000;

  private final Map<String, Script> byDigest =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Script> eldest) {
          return size() > MOST;
        }
      };

  /**
   * A compiled script.
   *
   * @param digest of its source, in hexadecimal
   * @param header what its first line says
   */
  record Script(String digest, ScriptHeader header, Prototype code) {}

  @Nullable Script get(String digest) {
    return byDigest.get(digest);
  }

  void put(Script script) {
    byDigest.put(script.digest(), script);
  }

  void clear() {
    byDigest.clear();
  }

  static String sha1(byte[] source) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(source));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
