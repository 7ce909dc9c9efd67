package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How values of answers are shown to people. */
final class Shown {
  private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB");

  /** How much of a key is shown: enough to find it again. */
  private static final int KEY = 16;

  private Shown() {}

  /** A text as a terminal may have it: what would control it is replaced. */
  static String text(String text) {
    return text.codePoints()
        .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '·' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /** A member as text; a dash if there is none. */
  static String member(JsonObject row, String name) {
    Object value = row.getValue(name);
    return value == null || value.equals("") ? "–" : text(value.toString());
  }

  /** The beginning of a key. */
  static String key(JsonObject row) {
    String key = row.getString("key");
    return key.length() > KEY ? key.substring(0, KEY) + "…" : key;
  }

  /** A number of bytes: {@code 1.2 MiB}. */
  static String bytes(JsonObject row, String name) {
    double left = row.getLong(name);
    int unit = 0;
    while (left >= 1024 && unit < UNITS.size() - 1) {
      left /= 1024;
      unit++;
    }
    return unit == 0
        ? "%d B".formatted((long) left)
        : String.format(Locale.ROOT, "%.1f %s", left, UNITS.get(unit));
  }

  /** How long ago a time was, and the time. */
  static String ago(JsonObject row, String name) {
    String time = row.getString(name);
    return time == null
        ? "–"
        : "%s ago (%s)"
            .formatted(
                duration(
                    Math.max(0, Duration.between(Instant.parse(time), Instant.now()).toMillis())),
                time.replaceFirst("\\.\\d+Z$", "Z"));
  }

  /** The share that some counts have of all of them; a dash if there are none. */
  static String share(JsonObject counts, String... some) {
    long all = counts.stream().mapToLong(each -> ((Number) each.getValue()).longValue()).sum();
    long part = Stream.of(some).mapToLong(counts::getLong).sum();
    return all == 0 ? "–" : String.format(Locale.ROOT, "%.0f %%", 100.0 * part / all);
  }

  /** A member of ms. */
  static String millis(JsonObject row, String name) {
    return duration(row.getLong(name));
  }

  /** A number of ms: {@code 850 ms}, {@code 12.5 s}, {@code 3 min}, {@code 5 h}, {@code 2 d}. */
  static String duration(long millis) {
    if (millis < 1_000) {
      return millis + " ms";
    }
    if (millis < 60_000) {
      return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
    }
    Duration whole = Duration.ofMillis(millis);
    if (whole.toHours() < 1) {
      return whole.toMinutes() + " min";
    }
    return whole.toDays() < 1 ? whole.toHours() + " h" : whole.toDays() + " d";
  }

  /** The first of some tags, and how many more there are. */
  static String tags(JsonObject row) {
    JsonArray tags = row.getJsonArray("tags");
    int all = row.getInteger("tagCount", tags.size() + row.getInteger("moreTags", 0));
    int first = Math.min(2, tags.size());
    String told =
        tags.stream()
            .limit(first)
            .map(tag -> text(tag.toString()))
            .collect(Collectors.joining(" "));
    return all == 0 ? "–" : told + (all > first ? " +" + (all - first) : "");
  }

  /** Who made an invalidation. */
  static String source(JsonObject source) {
    String action = member(source, "action");
    String path = source.getString("path", "");
    return "%s%s by %s via %s"
        .formatted(
            action,
            path.isEmpty() ? "" : " in " + text(path),
            source.getString("instance", "").isEmpty()
                ? source.getString("token", "").isEmpty()
                    ? "somebody"
                    : "token " + text(source.getString("token"))
                : text(source.getString("instance")),
            member(source, "via"));
  }

  /** {@code 1 tag}, {@code 3 tags}. */
  static String count(long number, String one, String many) {
    return number == 1 ? "1 " + one : number + " " + many;
  }
}
