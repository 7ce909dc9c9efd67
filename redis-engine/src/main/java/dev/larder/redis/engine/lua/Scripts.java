package dev.larder.redis.engine.lua;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.Prototype;

/**
 * The scripts that are known by their digest; those unused for longest are forgotten.
 *
 * <p>Nothing of it is journalled or counted as memory; the number is the bound. It is used under
 * the lock of the engine.
 */
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
   * @param code without keys and arguments, so it may be run again
   */
  record Script(String digest, ScriptHeader header, Prototype code) {}

  /** The script of a digest in lower case, which counts as used, or null. */
  @Nullable Script get(String digest) {
    return byDigest.get(digest);
  }

  /** Keeps a script, in place of the one unused for longest if there are too many. */
  void put(Script script) {
    byDigest.put(script.digest(), script);
  }

  /** Forgets all scripts. */
  void clear() {
    byDigest.clear();
  }

  /** The digest of a source, in lower-case hexadecimal. */
  static String sha1(byte[] source) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(source));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
