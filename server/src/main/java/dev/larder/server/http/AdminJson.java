package dev.larder.server.http;

import dev.larder.core.AuditedInvalidation;
import dev.larder.core.CacheLife;
import dev.larder.core.EntryHead;
import dev.larder.core.Freshness;
import dev.larder.core.Invalidation;
import dev.larder.core.Origin;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The shapes of answers to whoever is on call. Times are in ISO 8601 and UTC; members that end in
 * {@code Millis} are in ms, those of {@code life} in s. What never happens is {@code "never"}
 * instead of a number or a time, and what nobody has reported is {@code "unknown"}.
 */
final class AdminJson {
  /** In place of a number that nobody has reported. */
  static final String UNKNOWN = "unknown";

  private AdminJson() {}

  /**
   * What is said of an entry whatever its state: where it comes from, its age, its life, its tags
   * and how many bytes its value has. The value itself never leaves by this API.
   *
   * @param tags those to tell
   */
  static JsonObject head(EntryHead head, List<String> tags, long now) {
    Origin origin = head.origin();
    return new JsonObject()
        .put("key", head.key().toString())
        .put("label", origin.label())
        .put("kind", origin.kind().label())
        .put("build", origin.build())
        .put("instance", origin.instance())
        .put("generationMillis", origin.generation())
        .put("revision", head.revision().number())
        .put("generatedAt", time(head.generatedAt()))
        .put("ageMillis", age(head, now))
        .put(
            "life",
            new JsonObject()
                .put("stale", seconds(head.life().stale()))
                .put("revalidate", seconds(head.life().revalidate()))
                .put("expire", seconds(head.life().expire())))
        .put("bytes", head.size())
        .put("tags", new JsonArray(tags));
  }

  /** An invalidation, and who made it. */
  static JsonObject audited(AuditedInvalidation audited) {
    return new JsonObject()
        .put("revision", audited.invalidation().revision().number())
        .put("at", time(audited.at()))
        .put("tags", new JsonArray(List.copyOf(audited.invalidation().tags().names())))
        .put("moreTags", audited.moreTags())
        .put("expires", deadline(audited.invalidation().expiresAt()))
        .put(
            "source",
            new JsonObject()
                .put("action", audited.source().action())
                .put("path", audited.source().path())
                .put("instance", audited.source().instance())
                .put("token", audited.source().token())
                .put("via", audited.source().via().label()));
  }

  /** Who made an invalidation, in words. */
  static String who(AuditedInvalidation audited) {
    String instance = audited.source().instance();
    String token = audited.source().token();
    String action = audited.source().action();
    String path = audited.source().path();
    return "%s (%s%s, via %s)"
        .formatted(
            instance.isEmpty() ? (token.isEmpty() ? "somebody" : "token " + token) : instance,
            action.isEmpty() ? "no action named" : action,
            path.isEmpty() ? "" : " in " + path,
            audited.source().via().label());
  }

  static String state(Freshness freshness) {
    return switch (freshness) {
      case Freshness.Fresh() -> "fresh";
      case Freshness.Stale stale -> "stale";
      case Freshness.Expired expired -> "expired";
    };
  }

  static Optional<Freshness.Cause> cause(Freshness freshness) {
    return switch (freshness) {
      case Freshness.Fresh() -> Optional.empty();
      case Freshness.Stale(Freshness.Cause cause) -> Optional.of(cause);
      case Freshness.Expired(Freshness.Cause cause) -> Optional.of(cause);
    };
  }

  /** How long before {@code now} the generation of an entry began, in ms. */
  static long age(EntryHead head, long now) {
    return Math.max(0, now - head.generatedAt());
  }

  /** A number of s, or {@code "never"}. */
  private static Object seconds(long seconds) {
    return seconds >= CacheLife.NEVER ? "never" : (Object) seconds;
  }

  /** {@code "now"}, {@code "never"}, or a time, from ms since 1970. */
  static String deadline(long millis) {
    if (millis == Invalidation.NOW) {
      return "now";
    }
    return millis == Invalidation.NEVER ? "never" : time(millis);
  }

  /** A time in UTC, from ms since 1970. */
  static String time(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }

  /** {@code 1 entry}, {@code 3 entries}. */
  static String entries(long number) {
    return number == 1 ? "1 entry" : number + " entries";
  }
}
