package dev.larder.server.http;

import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.Origin;
import dev.larder.core.TagNames;
import dev.larder.core.TagSet;
import dev.larder.core.engine.Cache;
import dev.larder.core.spi.EntryStore.Walk;
import dev.larder.server.metrics.ServerMetrics.Regenerated;
import dev.larder.server.session.Namespaces;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * What is stored, without values.
 *
 * <p>A list is what comes first of all that a {@linkplain Walks walk} shows. Where the store has an
 * order and keys are to be in it, the walk begins where the page before ended and ends with the
 * page: whoever follows the cursors sees everything, however much that is. Any other order needs a
 * walk through all for each page, of which no more rows are kept than are answered.
 */
final class EntriesApi {
  private static final int MOST_ROWS = 500;
  private static final int ROWS = 50;

  /** The most tags of a row, and the most characters of each; the entry itself has them all. */
  private static final int TAGS = 16;

  private static final int TAG_CHARACTERS = 200;

  private static final Regenerated NONE = new Regenerated(0, 0);

  private static final List<String> STATES = List.of("", "fresh", "stale", "expired");
  private static final List<String> KINDS =
      Stream.concat(Stream.of(""), Stream.of(Origin.Kind.values()).map(Origin.Kind::label))
          .toList();

  private final Vertx vertx;
  private final Namespaces namespaces;
  private final Walks walks;
  private final Lately lately;

  EntriesApi(Vertx vertx, Namespaces namespaces, Walks walks, Lately lately) {
    this.vertx = vertx;
    this.namespaces = namespaces;
    this.walks = walks;
    this.lately = lately;
  }

  /**
   * {@code GET /v1/{namespace}/entries}: what is stored.
   *
   * <p>Answers {@code {"entries": [...], "examined", "partial", "cursor"}}. A row is what {@link
   * #one} answers but for marks and sentence, with {@code readsPerMinute}; {@code regenerations}
   * and how many of them came to what was stored before, {@code unchanged}, in the last ten to
   * twenty minutes; and {@code tagCount}, as {@code tags} has the first 16.
   *
   * <p>{@code tag}, {@code kind}, {@code build} and {@code state} tell only what is so, {@code
   * label} what has a label that begins so. {@code sort} is {@code key}, {@code bytes} (the largest
   * first), {@code age} (the oldest) or {@code reads} (the most read, here and in near caches as
   * far as processes report them) or {@code regenerations} (the most). {@code limit} is from 1 to
   * 500, 50 if it is not given.
   *
   * <p>{@code cursor} is there if there may be more: it is the parameter for the next page, which
   * may have few rows, or none, and a cursor all the same. {@code partial} says that time was up
   * before everything was seen; with another order than that of keys, rows that were not seen may
   * belong before those in the answer.
   */
  CompletionStage<?> list(Router.Call call) {
    Query query = Query.of(new Parameters(call.request()));
    Optional<Map<CacheKey, Long>> reads = lately.readsPerMinute(call.namespace());
    Map<CacheKey, Regenerated> regenerated = lately.regenerated(call.namespace());
    return Exchange.answer(
        vertx,
        call.request(),
        JsonApi.existing(namespaces, call.namespace())
            .thenCompose(cache -> {
              var page = new Page(cache, query, reads, regenerated);
              Optional<CacheKey> from =
                  query.inOrderOf(cache) ? query.after().map(Row::key) : Optional.empty();
              return walks.over(cache, from, page::show).thenApply(page::answer);
            }));
  }

  /**
   * {@code GET /v1/{namespace}/entries/{key}}: what is stored under a key in hexadecimal, without
   * its value.
   *
   * <p>Answers the object that {@link ExplainApi} has for each entry. Nothing under the key is 404
   * {@code not-found}; a key that is not hexadecimal is 400.
   */
  CompletionStage<?> one(Router.Call call) {
    CacheKey key = Parameters.key(call.parameters().get(1));
    return Exchange.answer(
        vertx,
        call.request(),
        JsonApi.existing(namespaces, call.namespace())
            .thenCompose(cache -> new Explainer(cache).stored(key, TagSet.EMPTY))
            .thenApply(found ->
                found.orElseThrow(() ->
                    new Refusal(404, "not-found", "nothing is stored under %s".formatted(key)))));
  }

  /**
   * A row of a list, as small as the answer has it.
   *
   * @param rank what orders it: the smallest first, then by key
   */
  private record Row(long rank, CacheKey key, JsonObject json) {
    static final Comparator<Row> ORDER =
        Comparator.comparingLong(Row::rank).thenComparing(Row::key);
  }

  /**
   * What was asked.
   *
   * @param accepts the heads that are listed, but for their state
   * @param state the state of those that are listed; empty: any
   * @param after the last row of the page before
   */
  private record Query(
      Predicate<EntryHead> accepts, String state, String sort, int limit, Optional<Row> after) {
    static Query of(Parameters parameters) {
      String tag = parameters.text("tag");
      String label = parameters.text("label");
      String build = parameters.text("build");
      Set<String> names = Set.copyOf(TagNames.of(tag.isEmpty() ? List.of() : List.of(tag)));
      String kind = parameters.choice("kind", KINDS);
      return new Query(
          head ->
              head.origin().label().startsWith(label)
                  && (names.isEmpty() || TagsApi.carries(head, names))
                  && (build.isEmpty() || head.origin().build().equals(build))
                  && (kind.isEmpty() || head.origin().kind().label().equals(kind)),
          parameters.choice("state", STATES),
          parameters.choice("sort", List.of("key", "bytes", "age", "reads", "regenerations")),
          (int) parameters.number("limit", ROWS, MOST_ROWS),
          parameters
              .cursor()
              .map(at -> new Row(at.rank(), Parameters.key(at.name()), new JsonObject())));
    }

    boolean inOrderOf(Cache cache) {
      return sort.equals("key") && cache.ordered();
    }

    ToLongFunction<EntryHead> rank(
        Optional<Map<CacheKey, Long>> reads, Map<CacheKey, Regenerated> regenerated) {
      return switch (sort) {
        case "bytes" -> head -> -head.size();
        case "age" -> EntryHead::generatedAt;
        case "reads" -> head -> reads.map(known -> -known.getOrDefault(head.key(), 0L)).orElse(0L);
        case "regenerations" -> head -> -regenerated.getOrDefault(head.key(), NONE).times();
        default -> head -> 0;
      };
    }
  }

  /**
   * The rows of a page, while a walk finds them: one more than are answered, to know of a next
   * page.
   */
  private static final class Page {
    private final Cache cache;
    private final Query query;
    private final Optional<Map<CacheKey, Long>> reads;
    private final Map<CacheKey, Regenerated> regenerated;
    private final ToLongFunction<EntryHead> rank;
    private final long now;
    private final TreeSet<Row> rows = new TreeSet<>(Row.ORDER);

    /** The last key that was seen. */
    private Optional<CacheKey> last = Optional.empty();

    Page(
        Cache cache,
        Query query,
        Optional<Map<CacheKey, Long>> reads,
        Map<CacheKey, Regenerated> regenerated) {
      this.cache = cache;
      this.query = query;
      this.reads = reads;
      this.regenerated = regenerated;
      this.rank = query.rank(reads, regenerated);
      this.now = cache.now();
    }

    /** Takes an entry into account; false if no later one can belong to the page. */
    boolean show(EntryHead head) {
      last = Optional.of(head.key());
      var row = new Row(rank.applyAsLong(head), head.key(), new JsonObject());
      if (belongs(row) && query.accepts().test(head)) {
        String state = AdminJson.state(cache.freshness(head));
        if (query.state().isEmpty() || query.state().equals(state)) {
          rows.add(judged(row, head, state));
          if (rows.size() > query.limit() + 1) {
            rows.pollLast();
          }
        }
      }
      return rows.size() <= query.limit() || !query.inOrderOf(cache);
    }

    /** True if it comes after the page before, and before what there is more of than wanted. */
    private boolean belongs(Row row) {
      return query.after().filter(before -> Row.ORDER.compare(row, before) <= 0).isEmpty()
          && (rows.size() <= query.limit() || Row.ORDER.compare(row, rows.last()) < 0);
    }

    private Row judged(Row row, EntryHead head, String state) {
      List<String> tags =
          head.tags().names().stream()
              .limit(TAGS)
              .map(tag ->
                  tag.length() > TAG_CHARACTERS ? tag.substring(0, TAG_CHARACTERS) + "…" : tag)
              .toList();
      return new Row(
          row.rank(),
          row.key(),
          AdminJson.head(head, tags, now)
              .put("tagCount", head.tags().names().size())
              .put("state", state)
              .put("regenerations", regenerated.getOrDefault(head.key(), NONE).times())
              .put("unchanged", regenerated.getOrDefault(head.key(), NONE).unchanged())
              .put(
                  "readsPerMinute",
                  reads
                      .map(known -> known.get(head.key()))
                      .map(Object.class::cast)
                      .orElse(AdminJson.UNKNOWN)));
    }

    JsonObject answer(Walk walk) {
      boolean full = rows.size() > query.limit();
      List<Row> listed = rows.stream().limit(query.limit()).toList();
      // To end with the page, in the order of the keys, is not to have missed anything.
      boolean missed = !walk.complete() && !(full && query.inOrderOf(cache));
      var json =
          new JsonObject()
              .put("entries", new JsonArray(listed.stream().map(Row::json).toList()))
              .put("examined", walk.examined())
              .put("partial", missed);
      if (full) {
        Row end = listed.getLast();
        json.put("cursor", new Parameters.Cursor(end.rank(), end.key().toString()).toString());
      } else if (missed && query.inOrderOf(cache)) {
        last.ifPresent(
            key -> json.put("cursor", new Parameters.Cursor(0, key.toString()).toString()));
      }
      return json;
    }
  }
}
