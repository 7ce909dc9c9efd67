package dev.larder.server.redisrest.shared;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.larder.redis.engine.resp.Bytes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/* Limiters of Upstash declare `allow-key-locking` in their first line, which no Redis knows, and some have such a line
 * where it says nothing; it is left out.
 */
/**
 * Scripts of clients as the store runs them. Their hashes, which differ, are translated.
 *
 * <p>Safe for use by many threads. A hash that was forgotten, or was seen by another server only,
 * is not translated: the store then answers {@code NOSCRIPT}, and clients send the source, as they
 * must with Redis.
 */
final class Scripts {
  /** A line {@code #!lua flags=...}, as Redis 7 has it, after blanks, if any. */
  private static final Pattern LINE = Pattern.compile("\\A(\\s*)(#![^\\n]*)");

  private static final Pattern FLAGS = Pattern.compile("flags=(\\S*)");
  private static final String OF_UPSTASH = "allow-key-locking";

  /** How many scripts are remembered by the hash of what was sent. */
  private static final int MOST = 10_000;

  private final Cache<String, String> sent = Caffeine.newBuilder().maximumSize(MOST).build();
  private final String prelude;

  /** Scripts that begin with that in the store. */
  Scripts(Prelude prelude) {
    this.prelude = prelude.script();
  }

  /**
   * A script.
   *
   * @param source as the store runs it
   * @param client the hash by which its client calls it
   * @param store the hash by which the store knows it
   */
  record Prepared(Bytes source, String client, String store) {}

  /** A script as the store runs it. */
  Prepared prepare(Bytes source) {
    var text = new String(source.array(), ISO_8859_1);
    Matcher line = LINE.matcher(text);
    boolean begins = line.find();
    String first = begins && line.group(1).isEmpty() ? withoutFlag(line.group(2)) : "";
    String blank = begins ? line.group(1) : "";
    String rest = begins ? text.substring(line.end()) : text;
    String prepared =
        first.isEmpty()
            ? prelude + blank + rest
            : first + (rest.isEmpty() ? "" : "\n" + prelude + rest.substring(1));
    Bytes changed = Bytes.wrap(prepared.getBytes(ISO_8859_1));
    String client = sha1(source);
    String store = sha1(changed);
    sent.put(client, store);
    return new Prepared(changed, client, store);
  }

  /** What the store calls a script that its client calls by that hash, if it was seen. */
  Optional<String> stored(Bytes hash) {
    return Optional.ofNullable(sent.getIfPresent(hash.toString().toLowerCase(Locale.ROOT)));
  }

  /** The line without the flag; nothing if it has no other. */
  private static String withoutFlag(String line) {
    Matcher flags = FLAGS.matcher(line);
    if (!flags.find()) {
      return line;
    }
    List<String> names = Arrays.asList(flags.group(1).split(",", -1));
    if (!names.contains(OF_UPSTASH)) {
      return line;
    }
    String others =
        names.stream()
            .filter(name -> !name.isEmpty() && !name.equals(OF_UPSTASH))
            .collect(Collectors.joining(","));
    return others.isEmpty()
        ? ""
        : line.substring(0, flags.start(1)) + others + line.substring(flags.end(1));
  }

  private static String sha1(Bytes source) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(source.array()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
