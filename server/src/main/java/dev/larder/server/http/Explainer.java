package dev.larder.server.http;

import dev.larder.core.AuditedInvalidation;
import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.Freshness;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.engine.Cache;
import dev.larder.core.engine.Explanation;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Judges an entry as a lookup would, and says why: in members for programs, and in a sentence for
 * people. Who made the invalidation that decides is looked up in the audit.
 */
final class Explainer {
  private final Cache cache;

  Explainer(Cache cache) {
    this.cache = cache;
  }

  /** What is stored under a key, for a reader with these soft tags; none if nothing is. */
  CompletionStage<Optional<JsonObject>> stored(CacheKey key, TagSet softTags) {
    return cache
        .stored(key)
        .thenCompose(found ->
            found.isEmpty()
                ? CompletableFuture.completedStage(Optional.empty())
                : explained(EntryHead.of(key, found.orElseThrow()), softTags)
                    .thenApply(Optional::of));
  }

  /** What is stored under each of some keys, or that nothing is, in their order. */
  CompletionStage<List<JsonObject>> all(List<CacheKey> keys, TagSet softTags) {
    return joined(
        keys.stream()
            .map(key ->
                stored(key, softTags).thenApply(found -> found.orElseGet(() -> missing(key))))
            .toList());
  }

  /** Each of some entries, in their order. */
  CompletionStage<List<JsonObject>> each(List<EntryHead> heads) {
    return joined(heads.stream().map(head -> explained(head, TagSet.EMPTY)).toList());
  }

  private static CompletionStage<List<JsonObject>> joined(
      List<CompletionStage<JsonObject>> stages) {
    List<CompletableFuture<JsonObject>> parts =
        stages.stream().map(CompletionStage::toCompletableFuture).toList();
    return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new))
        .thenApply(all -> parts.stream().map(CompletableFuture::join).toList());
  }

  /** An entry, for a reader with these soft tags. */
  private CompletionStage<JsonObject> explained(EntryHead head, TagSet softTags) {
    long now = cache.now();
    Explanation explanation = cache.explain(head, softTags);
    JsonObject json = AdminJson.head(head, List.copyOf(head.tags().names()), now);
    var marks = new ArrayList<JsonObject>();
    for (Explanation.Mark mark : explanation.marks()) {
      marks.add(
          new JsonObject()
              .put("tag", mark.tag())
              .put("soft", mark.soft())
              .put("revision", mark.revision().number())
              .put("expires", AdminJson.deadline(mark.expiresAt())));
    }
    json.put("state", AdminJson.state(explanation.freshness())).put("marks", new JsonArray(marks));
    Optional<Explanation.Mark> deciding = explanation.deciding(now);
    Optional<Freshness.Cause> cause = AdminJson.cause(explanation.freshness());
    cause.ifPresent(known -> json.put("cause", known.name().toLowerCase(Locale.ROOT)));
    if (cause.filter(Freshness.Cause.TAG::equals).isEmpty() || deciding.isEmpty()) {
      return CompletableFuture.completedStage(json.put("sentence", byAge(head, json, now)));
    }
    Explanation.Mark mark = deciding.orElseThrow();
    return audited(mark.revision())
        .thenApply(by -> {
          by.ifPresent(known -> json.put("invalidation", AdminJson.audited(known)));
          return json.put(
              "sentence",
              "%s since %s: tag %s was invalidated at revision %s%s"
                  .formatted(
                      json.getString("state"),
                      by.map(known -> AdminJson.time(known.at()))
                          .orElse("a time that is forgotten"),
                      mark.tag(),
                      mark.revision(),
                      by.map(known -> " by " + AdminJson.who(known)).orElse("")));
        });
  }

  /** Who made an invalidation; none if that is forgotten, or cannot be asked now. */
  private CompletionStage<Optional<AuditedInvalidation>> audited(Revision revision) {
    return cache
        .audited(revision.next(), 1)
        .exceptionally(failure -> List.of())
        .thenApply(audited ->
            audited.stream()
                .filter(each -> each.invalidation().revision().equals(revision))
                .findFirst());
  }

  private static String byAge(EntryHead head, JsonObject json, long now) {
    long seconds = AdminJson.age(head, now) / 1000;
    return switch (json.getString("state")) {
      case "fresh" ->
          "fresh: generated %d s ago as of revision %s".formatted(seconds, head.revision());
      case "stale" ->
          "stale by age: generated %d s ago, to be revalidated after %d s"
              .formatted(seconds, head.life().revalidate());
      default ->
          "forgotten".equals(json.getString("cause"))
              ? "expired: it is older than what the ledger remembers"
              : "expired by age: generated %d s ago, kept for %d s"
                  .formatted(seconds, head.life().expire());
    };
  }

  /** An entry of which only the key is known. */
  static JsonObject missing(CacheKey key) {
    return new JsonObject()
        .put("key", key.toString())
        .put("state", "missing")
        .put("sentence", "nothing is stored under %s: the next reader generates it".formatted(key));
  }
}
