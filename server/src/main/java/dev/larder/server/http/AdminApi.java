package dev.larder.server.http;

import dev.larder.core.AuditedInvalidation;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Freshness;
import dev.larder.core.InvalidValueException;
import dev.larder.core.Invalidation;
import dev.larder.core.Namespace;
import dev.larder.core.Origin;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.engine.Cache;
import dev.larder.core.engine.Explanation;
import dev.larder.server.session.Fleet;
import dev.larder.server.session.Namespaces;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * What whoever is on call asks, in JSON. Nothing here changes anything, or reads a value.
 *
 * <p>One method for each address reads the parameters, asks the namespace's cache or its fleet, and
 * gives the stage to {@link #answer}. {@link #explained} is what they share: it judges an entry as
 * a lookup would, and looks up in the audit who made the invalidation that decides. Below it are
 * the shapes of JSON, and below these the checks of parameters.
 *
 * <p>Every answer is one JSON object and status 200. A namespace that does not exist is 404 {@code
 * not-found}, a parameter out of its bounds is 400 {@code invalid-value}, a store that cannot be
 * asked is 503 {@code store-unavailable}. To ask does not create a namespace.
 *
 * <p>Times are in ISO 8601 and UTC; members that end in {@code Millis} are in ms, those of {@code
 * life} in s. What never happens is the string {@code "never"} instead of a number or a time.
 */
final class AdminApi {
  /** The most rows of an answer, and how many there are unless asked otherwise. */
  private static final int MOST_ROWS = 1_000;

  private static final int ROWS = 100;

  /**
   * What the soft tag of a path begins with in Next.js.
   *
   * <p>Next.js gives a page this tag for its path, so {@code revalidatePath} is an invalidation of
   * a tag.
   */
  private static final String PATH_TAG = "_N_T_";

  private final Vertx vertx;
  private final Namespaces namespaces;

  AdminApi(Vertx vertx, Namespaces namespaces) {
    this.vertx = vertx;
    this.namespaces = namespaces;
  }

  /**
   * {@code GET /v1/{namespace}/invalidations?before=&limit=&tag=}: who made which, latest first.
   *
   * <p>Answers {@code {"invalidations": [...], "before"}}. A row is {@code {"revision", "at",
   * "tags", "expires", "source"}}, the source {@code {"action", "path", "instance", "token",
   * "via"}}. {@code expires} is {@code "now"}, {@code "never"}, or until when what has the tag is
   * served stale.
   *
   * <p>{@code limit} is from 1 to 1000, 100 if it is not given. {@code before} is the cursor: only
   * invalidations of a smaller revision are told. The answer has a {@code before} for the next page
   * if it is full, and none if it is the last. With {@code tag} only those are told that name it.
   */
  CompletionStage<?> invalidations(Router.Call call) {
    HttpServerRequest request = call.request();
    Namespace namespace = call.namespace();
    int limit = (int) number(request, "limit", ROWS, MOST_ROWS);
    long before = number(request, "before", Long.MAX_VALUE, Long.MAX_VALUE);
    String tag = request.getParam("tag", "");
    // Of those that are remembered all are looked through for a tag, and no more.
    int most = tag.isEmpty() ? limit : AuditedInvalidation.KEPT;
    return answer(
        request,
        existing(namespace)
            .thenCompose(cache -> cache.audited(new Revision(before), most))
            .thenApply(audited -> {
              List<AuditedInvalidation> rows =
                  audited.stream()
                      .filter(
                          each -> tag.isEmpty() || each.invalidation().tags().names().contains(tag))
                      .limit(limit)
                      .toList();
              var json =
                  new JsonObject()
                      .put(
                          "invalidations",
                          new JsonArray(rows.stream().map(AdminApi::audited).toList()));
              if (rows.size() == limit) {
                json.put("before", rows.getLast().invalidation().revision().number());
              }
              return json;
            }));
  }

  /**
   * {@code GET /v1/{namespace}/instances}: the processes that talk to it.
   *
   * <p>Answers {@code {"revision", "instances": [...]}}, at most 1000. {@code behind} is by how
   * many revisions the namespace is ahead of what an instance last said it knows, never less than
   * 0. {@code lookups}, {@code savedMillis} and {@code near} are there only for an instance that
   * reports; {@code reports} says whether it does.
   */
  CompletionStage<?> instances(Router.Call call) {
    HttpServerRequest request = call.request();
    Namespace namespace = call.namespace();
    return answer(
        request,
        existing(namespace)
            .thenApply(cache -> {
              long revision = cache.asOf().revision().number();
              List<JsonObject> members =
                  namespaces.fleet(namespace).members().stream()
                      .limit(MOST_ROWS)
                      .map(member -> member(member, revision))
                      .toList();
              return new JsonObject()
                  .put("revision", revision)
                  .put("instances", new JsonArray(members));
            }));
  }

  /**
   * {@code GET /v1/{namespace}/entries/{key}}: what is stored under a key in hexadecimal, without
   * its value.
   *
   * <p>Answers the object that {@link #explain} has for each entry. Nothing under the key is 404
   * {@code not-found}; a key that is not hexadecimal is 400.
   */
  CompletionStage<?> entry(Router.Call call) {
    Namespace namespace = call.namespace();
    CacheKey key = key(call.parameters().get(1));
    return answer(
        call.request(),
        existing(namespace)
            .thenCompose(cache ->
                explained(cache, key, TagSet.EMPTY)
                    .thenApply(found ->
                        found.orElseThrow(() ->
                            new Refusal(
                                404, "not-found", "nothing is stored under %s".formatted(key))))));
  }

  /**
   * {@code GET /v1/{namespace}/explain?path=…} or {@code ?key=…}: what the next reader is given,
   * and why. Of a path: every entry it was made of when it was last rendered.
   *
   * <p>Answers {@code {"sentence", "entries": [...]}}, for a path that was reported also {@code
   * "path"}, {@code "renderedBy"} and {@code "reportedAt"}. The {@code state} of an entry is {@code
   * fresh}, {@code stale}, {@code expired} or {@code missing}. An entry that is not missing has
   * {@code marks}, the invalidations of its tags, and the {@code cause} if it is not fresh.
   *
   * <p>A path that no process has reported is no error: it has a sentence that says so, and no
   * entries. Both parameters, or none of them, are 400.
   */
  CompletionStage<?> explain(Router.Call call) {
    HttpServerRequest request = call.request();
    Namespace namespace = call.namespace();
    String path = request.getParam("path", "");
    String hex = request.getParam("key", "");
    if (path.isEmpty() == hex.isEmpty()) {
      throw new InvalidValueException("expected either 'path' or 'key'");
    }
    return answer(
        request,
        existing(namespace)
            .thenCompose(cache ->
                path.isEmpty()
                    ? explainKey(cache, key(hex))
                    : explainPath(cache, namespaces.fleet(namespace), path)));
  }

  private static CompletionStage<JsonObject> explainKey(Cache cache, CacheKey key) {
    return explained(cache, key, TagSet.EMPTY)
        .thenApply(found -> {
          JsonObject entry = found.orElseGet(() -> missing(key));
          return new JsonObject()
              .put("sentence", entry.getString("sentence"))
              .put("entries", new JsonArray(List.of(entry)));
        });
  }

  private static CompletionStage<JsonObject> explainPath(Cache cache, Fleet fleet, String path) {
    Optional<Fleet.Rendered> rendered = fleet.rendered(path);
    if (rendered.isEmpty()) {
      return CompletableFuture.completedStage(
          new JsonObject()
              .put(
                  "sentence",
                  ("nobody has reported what %s is made of: it was not rendered since this server"
                          + " started, or its processes do not report")
                      .formatted(InvalidValueException.shortened(path)))
              .put("entries", new JsonArray()));
    }
    TagSet soft = TagSet.of(PATH_TAG + path);
    List<CompletableFuture<JsonObject>> parts =
        rendered.orElseThrow().keys().stream()
            .map(key ->
                explained(cache, key, soft)
                    .thenApply(found -> found.orElseGet(() -> missing(key)))
                    .toCompletableFuture())
            .toList();
    return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new))
        .thenApply(all -> {
          List<JsonObject> entries = parts.stream().map(CompletableFuture::join).toList();
          return new JsonObject()
              .put("sentence", sentence(path, entries))
              .put("path", path)
              .put("renderedBy", rendered.orElseThrow().instance())
              .put("reportedAt", time(rendered.orElseThrow().at()))
              .put("entries", new JsonArray(entries));
        });
  }

  /** Says the worst state of a page's entries: a page is as good as the worst part of it. */
  private static String sentence(String path, List<JsonObject> entries) {
    Stream<JsonObject> worst =
        Stream.of("missing", "expired", "stale")
            .flatMap(
                state -> entries.stream().filter(entry -> state.equals(entry.getString("state"))));
    return worst
        .findFirst()
        .map(entry -> "%s: %s".formatted(path, entry.getString("sentence")))
        .orElseGet(() ->
            "%s: all %d entries it is made of are fresh; the next reader is given them as they are"
                .formatted(path, entries.size()));
  }

  private static CompletionStage<Optional<JsonObject>> explained(
      Cache cache, CacheKey key, TagSet softTags) {
    return cache
        .stored(key)
        .thenCompose(found ->
            found.isEmpty()
                ? CompletableFuture.completedStage(Optional.empty())
                : explained(cache, key, found.orElseThrow(), softTags).thenApply(Optional::of));
  }

  private static CompletionStage<JsonObject> explained(
      Cache cache, CacheKey key, CacheEntry entry, TagSet softTags) {
    long now = cache.now();
    Explanation explanation = cache.explain(key, entry, softTags);
    JsonObject json = head(key, entry, now);
    var marks = new ArrayList<JsonObject>();
    for (Explanation.Mark mark : explanation.marks()) {
      marks.add(
          new JsonObject()
              .put("tag", mark.tag())
              .put("soft", mark.soft())
              .put("revision", mark.revision().number())
              .put("expires", deadline(mark.expiresAt())));
    }
    json.put("state", state(explanation.freshness())).put("marks", new JsonArray(marks));
    Optional<Explanation.Mark> deciding = explanation.deciding(now);
    Optional<Freshness.Cause> cause = cause(explanation.freshness());
    cause.ifPresent(known -> json.put("cause", known.name().toLowerCase(Locale.ROOT)));
    if (cause.filter(Freshness.Cause.TAG::equals).isEmpty() || deciding.isEmpty()) {
      return CompletableFuture.completedStage(json.put("sentence", sentence(entry, json, now)));
    }
    Explanation.Mark mark = deciding.orElseThrow();
    return cache
        .audited(new Revision(mark.revision().number() + 1), 1)
        .exceptionally(failure -> List.of())
        .thenApply(audited -> {
          Optional<AuditedInvalidation> by =
              audited.stream()
                  .filter(each -> each.invalidation().revision().equals(mark.revision()))
                  .findFirst();
          by.ifPresent(known -> json.put("invalidation", audited(known)));
          return json.put(
              "sentence",
              "%s since %s: tag %s was invalidated at revision %s%s"
                  .formatted(
                      json.getString("state"),
                      by.map(known -> time(known.at())).orElse("a time that is forgotten"),
                      mark.tag(),
                      mark.revision(),
                      by.map(known -> " by " + who(known)).orElse("")));
        });
  }

  private static String sentence(CacheEntry entry, JsonObject json, long now) {
    long seconds = entry.age(now) / 1000;
    return switch (json.getString("state")) {
      case "fresh" ->
          "fresh: generated %d s ago as of revision %s".formatted(seconds, entry.revision());
      case "stale" ->
          "stale by age: generated %d s ago, to be revalidated after %d s"
              .formatted(seconds, entry.life().revalidate());
      default ->
          "forgotten".equals(json.getString("cause"))
              ? "expired: it is older than what the ledger remembers"
              : "expired by age: generated %d s ago, kept for %d s"
                  .formatted(seconds, entry.life().expire());
    };
  }

  private static String who(AuditedInvalidation audited) {
    String instance = audited.source().instance();
    String action = audited.source().action();
    String path = audited.source().path();
    return "%s (%s%s, via %s)"
        .formatted(
            instance.isEmpty() ? "somebody" : instance,
            action.isEmpty() ? "no action told" : action,
            path.isEmpty() ? "" : " in " + path,
            audited.source().via().label());
  }

  /** An entry of which only the key is known. */
  private static JsonObject missing(CacheKey key) {
    return new JsonObject()
        .put("key", key.toString())
        .put("state", "missing")
        .put("sentence", "nothing is stored under %s: the next reader generates it".formatted(key));
  }

  /**
   * What is told of an entry whatever its state: where it comes from, its age, its life, its tags
   * and how many bytes its value has. The value itself never leaves by this API.
   */
  private static JsonObject head(CacheKey key, CacheEntry entry, long now) {
    Origin origin = entry.origin();
    return new JsonObject()
        .put("key", key.toString())
        .put("label", origin.label())
        .put("kind", origin.kind().label())
        .put("build", origin.build())
        .put("instance", origin.instance())
        .put("generationMillis", origin.generation())
        .put("revision", entry.revision().number())
        .put("generatedAt", time(entry.generatedAt()))
        .put("ageMillis", entry.age(now))
        .put(
            "life",
            new JsonObject()
                .put("stale", seconds(entry.life().stale()))
                .put("revalidate", seconds(entry.life().revalidate()))
                .put("expire", seconds(entry.life().expire())))
        .put("bytes", entry.value().length)
        .put("tags", new JsonArray(List.copyOf(entry.tags().names())));
  }

  private static JsonObject member(Fleet.Member member, long revision) {
    var json =
        new JsonObject()
            .put("instance", member.identity().instance())
            .put("host", member.identity().host())
            .put("pid", member.identity().pid())
            .put("client", member.identity().client())
            .put("framework", member.identity().framework())
            .put("runtime", member.identity().runtime())
            .put("build", member.identity().build())
            .put("consistency", member.identity().consistency())
            .put("transport", member.identity().transport())
            .put("via", member.via().label())
            .put("protocol", member.version())
            .put("since", time(member.since()))
            .put("heardAt", time(member.heardAt()))
            .put("reports", member.lastReport().isPresent())
            .put("revision", member.known().revision().number())
            .put("behind", Math.max(0, revision - member.known().revision().number()));
    member
        .lastReport()
        .ifPresent(report ->
            json.put(
                    "lookups",
                    new JsonObject()
                        .put("near", report.lookups().near())
                        .put("fresh", report.lookups().fresh())
                        .put("stale", report.lookups().stale())
                        .put("miss", report.lookups().miss())
                        .put("bypass", report.lookups().bypass())
                        .put("failed", report.lookups().failed()))
                .put("savedMillis", report.saved())
                .put(
                    "near",
                    new JsonObject()
                        .put("entries", report.near().entries())
                        .put("bytes", report.near().bytes())
                        .put("limit", report.near().limit())));
    return json;
  }

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

  private static String state(Freshness freshness) {
    return switch (freshness) {
      case Freshness.Fresh() -> "fresh";
      case Freshness.Stale stale -> "stale";
      case Freshness.Expired expired -> "expired";
    };
  }

  private static Optional<Freshness.Cause> cause(Freshness freshness) {
    return switch (freshness) {
      case Freshness.Fresh() -> Optional.empty();
      case Freshness.Stale(Freshness.Cause cause) -> Optional.of(cause);
      case Freshness.Expired(Freshness.Cause cause) -> Optional.of(cause);
    };
  }

  /** A number of s, or {@code "never"}. */
  private static Object seconds(long seconds) {
    return seconds >= CacheLife.NEVER ? "never" : (Object) seconds;
  }

  /** {@code "now"}, {@code "never"}, or a time, from ms since 1970. */
  private static String deadline(long millis) {
    if (millis == Invalidation.NOW) {
      return "now";
    }
    return millis == Invalidation.NEVER ? "never" : time(millis);
  }

  private static String time(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }

  private static CacheKey key(String hex) {
    try {
      return CacheKey.of(HexFormat.of().parseHex(hex));
    } catch (IllegalArgumentException e) {
      throw new InvalidValueException(
          "key '%s'; expected its bytes in hexadecimal"
              .formatted(InvalidValueException.shortened(hex)));
    }
  }

  /**
   * A whole number from 1 to {@code most}; {@code otherwise} if the parameter is not given.
   *
   * @throws InvalidValueException if it is something else, which becomes a 400
   */
  private static long number(HttpServerRequest request, String name, long otherwise, long most) {
    String text = request.getParam(name);
    if (text == null) {
      return otherwise;
    }
    try {
      long number = Long.parseLong(text);
      if (number >= 1 && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told below, as what it is.
    }
    throw new InvalidValueException(
        "'%s' is %s; expected a whole number from 1 to %d"
            .formatted(name, InvalidValueException.shortened(text), most));
  }

  private CompletionStage<Cache> existing(Namespace namespace) {
    return JsonApi.existing(namespaces, namespace);
  }

  private CompletionStage<?> answer(HttpServerRequest request, CompletionStage<JsonObject> work) {
    return Exchange.answer(vertx, request, work);
  }
}
