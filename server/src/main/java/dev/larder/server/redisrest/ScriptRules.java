package dev.larder.server.redisrest;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.server.config.ServerConfig.RedisScripts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which scripts may be run, by {@code --redis-scripts}.
 *
 * <p>A script is known by the SHA-1 of its source, which is also how {@code EVALSHA} names it. With
 * {@code known} functions are refused, since a library may hold anything. The list is the resource
 * {@code known-scripts.txt}: a hash, a blank and where it comes from on each line.
 */
final class ScriptRules {
  private static final Set<String> BY_SOURCE = Set.of("eval", "eval_ro");
  private static final Set<String> BY_HASH = Set.of("evalsha", "evalsha_ro");
  private static final Set<String> FUNCTIONS = Set.of("fcall", "fcall_ro", "function");

  private final RedisScripts allowed;
  private final Set<String> known;

  /** Reads the list only where it is needed. */
  ScriptRules(RedisScripts allowed) {
    this.allowed = allowed;
    this.known = allowed == RedisScripts.KNOWN ? known() : Set.of();
  }

  /** The hashes of the scripts that the official SDKs send. */
  private static Set<String> known() {
    try (var list = ScriptRules.class.getResourceAsStream("known-scripts.txt")) {
      if (list == null) {
        throw new IllegalStateException("the list of known scripts is missing");
      }
      return new String(list.readAllBytes(), US_ASCII)
          .lines()
          .filter(line -> !line.startsWith("#") && !line.isBlank())
          .map(line -> line.split(" ", 2)[0])
          .collect(Collectors.toUnmodifiableSet());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Why a command may not be run, if it runs a script.
   *
   * <p>None if it may run, or is no command of scripts. The text begins with {@code NOPERM}.
   */
  Optional<String> refused(String name, Bytes[] parts) {
    if (allowed == RedisScripts.ALL) {
      return Optional.empty();
    }
    boolean loads = name.equals("script") && parts.length > 2 && parts[1].is("load");
    boolean source = BY_SOURCE.contains(name) || loads;
    if (FUNCTIONS.contains(name)) {
      return Optional.of(
          "NOPERM functions are not run here: --redis-scripts is %s".formatted(shown()));
    }
    if (!source && !BY_HASH.contains(name)) {
      return Optional.empty();
    }
    if (allowed == RedisScripts.OFF) {
      return Optional.of("NOPERM scripts are not run here: --redis-scripts is off");
    }
    Bytes given = parts.length > 1 ? parts[loads ? 2 : 1] : Bytes.EMPTY;
    String hash = source ? sha1(given) : given.toString().toLowerCase(Locale.ROOT);
    return known.contains(hash)
        ? Optional.empty()
        : Optional.of(
            "NOPERM the script %s is not one of the official SDKs': --redis-scripts is known"
                .formatted(hash.substring(0, Math.min(hash.length(), 40))));
  }

  private String shown() {
    return allowed.name().toLowerCase(Locale.ROOT);
  }

  private static String sha1(Bytes source) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(source.array()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
