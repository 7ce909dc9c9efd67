package dev.larder.server.http;

import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import dev.larder.core.TagNames;
import dev.larder.core.TagSet;
import dev.larder.core.engine.Cache;
import dev.larder.core.spi.EntryStore.Walk;
import dev.larder.server.session.Fleet;
import dev.larder.server.session.Namespaces;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/** What the next reader of a path, a key or a tag is given, and why. */
final class ExplainApi {
  /** How many entries of a tag are explained. */
  private static final int ENTRIES_OF_A_TAG = 20;

  private final Vertx vertx;
  private final Namespaces namespaces;
  private final Walks walks;
  private final Lately lately;

  ExplainApi(Vertx vertx, Namespaces namespaces, Walks walks, Lately lately) {
    this.vertx = vertx;
    this.namespaces = namespaces;
    this.walks = walks;
    this.lately = lately;
  }

  /**
   * {@code GET /v1/{namespace}/explain?path=…}, {@code ?key=…} or {@code ?tag=…}. Of a path: every
   * entry it was made of when it was last rendered. Of a tag: the first entries that carry it.
   *
   * <p>Answers {@code {"sentence", "entries": [...]}}, for a path that was reported also {@code
   * "path"}, {@code "renderedBy"} and {@code "reportedAt"}; for a tag also what {@link TagsApi#one}
   * answers but for the invalidations, of which the last is {@code "invalidation"}. The {@code
   * state} of an entry is {@code fresh}, {@code stale}, {@code expired} or {@code missing}. An
   * entry that is not missing has {@code marks}, the invalidations of its tags, and the {@code
   * cause} if it is not fresh.
   *
   * <p>A path that no process has reported is no error: it has a sentence that says so, and no
   * entries. Several parameters, or none of them, are 400.
   */
  CompletionStage<?> explain(Router.Call call) {
    var parameters = new Parameters(call.request());
    String path = parameters.text("path");
    String hex = parameters.text("key");
    String tag = parameters.text("tag");
    if (Stream.of(path, hex, tag).filter(given -> !given.isEmpty()).count() != 1) {
      throw new InvalidValueException("expected one of 'path', 'key' and 'tag'");
    }
    Fleet fleet = namespaces.fleet(call.namespace());
    return Exchange.answer(
        vertx,
        call.request(),
        JsonApi.existing(namespaces, call.namespace())
            .thenCompose(cache ->
                !path.isEmpty()
                    ? path(cache, fleet, path)
                    : !hex.isEmpty()
                        ? key(cache, Parameters.key(hex))
                        : tag(cache, call.namespace(), tag)));
  }

  private static CompletionStage<JsonObject> key(Cache cache, CacheKey key) {
    return new Explainer(cache)
        .stored(key, TagSet.EMPTY)
        .thenApply(found -> {
          JsonObject entry = found.orElseGet(() -> Explainer.missing(key));
          return new JsonObject()
              .put("sentence", entry.getString("sentence"))
              .put("entries", new JsonArray(List.of(entry)));
        });
  }

  private static CompletionStage<JsonObject> path(Cache cache, Fleet fleet, String path) {
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
    // A path in a report need not be one that could be invalidated.
    TagSet soft = path.startsWith("/") ? TagSet.of(PathTags.of(path, "")) : TagSet.EMPTY;
    return new Explainer(cache)
        .all(rendered.orElseThrow().keys(), soft)
        .thenApply(entries ->
            new JsonObject()
                .put("sentence", worst(path, entries))
                .put("path", path)
                .put("renderedBy", rendered.orElseThrow().instance())
                .put("reportedAt", AdminJson.time(rendered.orElseThrow().at()))
                .put("entries", new JsonArray(entries)));
  }

  /**
   * Says the worst state of a page's entries: a page is as good as the worst part of it. Of two
   * that are as bad it is the one that somebody invalidated: that one became old is as usual.
   */
  private static String worst(String path, List<JsonObject> entries) {
    return Stream.of("missing", "expired", "stale")
        .flatMap(state ->
            entries.stream()
                .filter(entry -> state.equals(entry.getString("state")))
                .sorted(Comparator.comparing(entry -> !"tag".equals(entry.getString("cause")))))
        .findFirst()
        .map(entry -> "%s: %s".formatted(path, entry.getString("sentence")))
        .orElseGet(() ->
            "%s: all %d entries it is made of are fresh; the next reader is given them as they are"
                .formatted(path, entries.size()));
  }

  private CompletionStage<JsonObject> tag(Cache cache, Namespace namespace, String tag) {
    Set<String> names = Set.copyOf(TagNames.of(List.of(tag)));
    var tally = new Tally(cache, lately.readsPerMinute(namespace));
    var heads = new ArrayList<EntryHead>();
    CompletionStage<Walk> walked =
        walks.over(
            cache,
            head -> {
              if (TagsApi.carries(head, names)) {
                tally.add(head);
                if (heads.size() < ENTRIES_OF_A_TAG) {
                  heads.add(head);
                }
              }
              return true;
            });
    return walked.thenCompose(walk ->
        TagsApi.audited(cache)
            .thenCompose(audited -> {
              var its =
                  audited.stream().filter(each -> TagsApi.names(each, names)).limit(1).toList();
              JsonObject json =
                  tally.into(
                      new JsonObject()
                          .put("sentence", TagsApi.sentence(tag, tally, its))
                          .put("tag", tag));
              its.forEach(last -> json.put("invalidation", AdminJson.audited(last)));
              // The number of entries that can be served has another name: here they are.
              json.put("served", json.remove("entries"));
              return new Explainer(cache)
                  .each(heads)
                  .thenApply(
                      entries -> Walks.said(json.put("entries", new JsonArray(entries)), walk));
            }));
  }
}
