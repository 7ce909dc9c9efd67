package dev.larder.server.redisrest.shared;

import dev.larder.redis.engine.command.CommandSpec;
import dev.larder.redis.engine.command.CommandTable;
import dev.larder.redis.engine.command.Flag;
import dev.larder.redis.engine.resp.Bytes;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Where the keys of commands are, in the letters that the prelude of scripts understands.
 *
 * <p>A letter is found by a trial: the table of commands is asked where the keys of a command are
 * whose arguments are all {@code 2}. Which letter means what is in {@code confined.lua}.
 */
final class ScriptKeys {
  /** Those whose keys are not all at places that one look shows, or whose replies have keys. */
  private static final Map<String, String> SPECIAL =
      Map.ofEntries(
          Map.entry("sort", "s"),
          Map.entry("sort_ro", "s"),
          Map.entry("xread", "x"),
          Map.entry("xreadgroup", "x"),
          Map.entry("lmpop", "m"),
          Map.entry("zmpop", "m"),
          Map.entry("scan", "n"),
          Map.entry("keys", "k"),
          Map.entry("publish", "1"));

  /** Those that reach what is not the namespace's, or might. */
  private static final Set<String> REFUSED =
      Set.of(
          "flushdb", "flushall", "dbsize", "randomkey", "georadius", "georadiusbymember", "pubsub");

  /**
   * Letters by the indexes of keys that the trial shows; a command that shows others has no letter.
   */
  private static final Map<String, String> PLACES =
      Map.of(
          "[]", "0",
          "[1]", "1",
          "[1, 2]", "t",
          "[2]", "o",
          "[1, 2, 3, 4, 5, 6, 7]", "a",
          "[2, 3, 4, 5, 6, 7]", "b",
          "[1, 3, 5, 7]", "p",
          "[2, 3]", "c",
          "[1, 3, 4]", "d");

  private ScriptKeys() {}

  /** Names and letters: {@code get=1 mget=a}. A command that is not there is refused. */
  static String of(CommandTable table) {
    var kinds = new TreeMap<String, String>();
    for (CommandSpec spec : table.all()) {
      String name = spec.name().split("\\|", 2)[0];
      boolean help = spec.name().endsWith("|help");
      if (!help && !spec.is(Flag.NO_SCRIPT) && !REFUSED.contains(name)) {
        kind(spec, name).ifPresent(kind -> kinds.put(name, kind));
      }
    }
    return kinds.entrySet().stream()
        .map(each -> each.getKey() + "=" + each.getValue())
        .collect(Collectors.joining(" "));
  }

  /** None: scripts may not call it. */
  private static Optional<String> kind(CommandSpec spec, String name) {
    String special = SPECIAL.get(name);
    if (special != null) {
      return Optional.of(special);
    }
    var sample = new Bytes[8];
    Arrays.fill(sample, Bytes.of("2"));
    return Optional.ofNullable(PLACES.get(Arrays.toString(spec.keys().of(sample))));
  }
}
