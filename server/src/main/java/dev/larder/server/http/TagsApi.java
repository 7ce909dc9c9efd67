package dev.larder.server.http;

import dev.larder.core.AuditedInvalidation;
import dev.larder.core.EntryHead;
import dev.larder.core.Revision;
import dev.larder.core.TagNames;
import dev.larder.core.engine.Cache;
import dev.larder.core.spi.EntryStore.Walk;
import dev.larder.server.metrics.ServerMetrics;
import dev.larder.server.session.Namespaces;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The tags that entries carry. Nobody keeps an index of them: invalidations do not need one. So
 * they are counted when somebody asks, in a {@linkplain Walks walk} through all entries.
 */
final class TagsApi {
  private static final int MOST_ROWS = 500;
  private static final int ROWS = 50;

  /** How many tags are counted at a time, and of how many characters together. */
  private static final int MOST_COUNTED = 50_000;

  private static final int MOST_CHARACTERS = 8 << 20;

  private static final ServerMetrics.TagCost FREE = new ServerMetrics.TagCost(0, 0);

  /** How many invalidations are listed of one tag. */
  private static final int INVALIDATIONS = 10;

  private final Vertx vertx;
  private final Namespaces namespaces;
  private final Walks walks;
  private final Lately lately;

  TagsApi(Vertx vertx, Namespaces namespaces, Walks walks, Lately lately) {
    this.vertx = vertx;
    this.namespaces = namespaces;
    this.walks = walks;
    this.lately = lately;
  }

  /**
   * {@code GET /v1/{namespace}/tags}: the tags that entries carry.
   *
   * <p>Answers {@code {"tags": [...], "examined", "partial", "cursor"}}. A row is {@code {"tag",
   * "entries", "bytes", "regenerations", "regenerationMillis"}} and, if the tag was invalidated and
   * that is remembered, {@code "lastInvalidation"} as {@link InvalidationsApi} has it, without its
   * tags.
   *
   * <p>{@code prefix} lists only tags that begin so. {@code sort} is {@code entries}, {@code
   * bytes}, {@code invalidated} (the latest first), {@code cost} (how long the generations took
   * that its invalidations made necessary in the last ten to twenty minutes), {@code regenerations}
   * (how many these were) or {@code name}. {@code limit} is from 1 to 500, 50 if it is not given;
   * {@code cursor} is for the next page, if there is one. {@code partial} says that time was up
   * before everything was seen, or that there are more than 50,000 tags, of which only as many were
   * counted; in the order of names, which needs no such bound, those that are listed are counted
   * whole.
   */
  CompletionStage<?> list(Router.Call call) {
    var parameters = new Parameters(call.request());
    String prefix = parameters.text("prefix");
    String sort =
        parameters.choice(
            "sort", List.of("entries", "bytes", "invalidated", "name", "cost", "regenerations"));
    int limit = (int) parameters.number("limit", ROWS, MOST_ROWS);
    Optional<Parameters.Cursor> after = parameters.cursor();
    boolean byName = sort.equals("name");
    Map<String, ServerMetrics.TagCost> costs = lately.tagCosts(call.namespace());
    var counted =
        new Counted(
            prefix,
            byName ? after.map(Parameters.Cursor::name) : Optional.empty(),
            byName ? limit + 1 : MOST_COUNTED,
            byName);
    return Exchange.answer(
        vertx,
        call.request(),
        JsonApi.existing(namespaces, call.namespace())
            .thenCompose(cache ->
                walks
                    .over(cache, counted::show)
                    .thenCombine(
                        latest(cache),
                        (walk, latest) ->
                            answer(
                                counted,
                                walk,
                                rank(sort, latest, costs),
                                limit,
                                after,
                                latest,
                                costs))));
  }

  /**
   * {@code GET /v1/{namespace}/tags/{tag}}: what carries a tag, what it costs, and how often it was
   * invalidated. The tag is one segment: its slashes are sent as {@code %2F}.
   *
   * <p>Answers {@code {"sentence", "tag", "entries", "fresh", "stale", "expired", "bytes",
   * "generationMillis", "untimed", "readsPerMinute", "invalidations", "examined", "partial"}}. The
   * numbers are those of a {@linkplain JsonApi#purge purge that is tried}. {@code invalidations}
   * has the latest ten.
   */
  CompletionStage<?> one(Router.Call call) {
    String tag = Parameters.decoded(call.parameters().get(1));
    Set<String> names = Set.copyOf(TagNames.of(List.of(tag)));
    return Exchange.answer(
        vertx,
        call.request(),
        JsonApi.existing(namespaces, call.namespace())
            .thenCompose(cache -> {
              var tally = new Tally(cache, lately.readsPerMinute(call.namespace()));
              return walks
                  .over(
                      cache,
                      head -> {
                        if (carries(head, names)) {
                          tally.add(head);
                        }
                        return true;
                      })
                  .thenCombine(
                      audited(cache),
                      (walk, audited) -> {
                        List<AuditedInvalidation> its =
                            audited.stream()
                                .filter(each -> names(each, names))
                                .limit(INVALIDATIONS)
                                .toList();
                        return Walks.said(
                            tally
                                .into(
                                    new JsonObject()
                                        .put("sentence", sentence(tag, tally, its))
                                        .put("tag", tag))
                                .put(
                                    "invalidations",
                                    new JsonArray(its.stream().map(AdminJson::audited).toList())),
                            walk);
                      });
            }));
  }

  /** True if an entry carries a tag of one of these names. */
  static boolean carries(EntryHead head, Set<String> names) {
    return names.stream().anyMatch(head.tags().names()::contains);
  }

  /** True if an invalidation was one of a tag of one of these names. */
  static boolean names(AuditedInvalidation audited, Set<String> names) {
    return names.stream().anyMatch(audited.invalidation().tags().names()::contains);
  }

  /** Says what carries a tag and who invalidated it last. */
  static String sentence(String tag, Tally tally, List<AuditedInvalidation> its) {
    return "tag %s: %s; %s"
        .formatted(
            tag,
            tally.words(),
            its.isEmpty()
                ? "it was not invalidated, as far as is remembered"
                : "it was last invalidated %s at revision %s by %s"
                    .formatted(
                        AdminJson.time(its.getFirst().at()),
                        its.getFirst().invalidation().revision(),
                        AdminJson.who(its.getFirst())));
  }

  /** Everything that is remembered, the latest first; nothing if it cannot be asked now. */
  static CompletionStage<List<AuditedInvalidation>> audited(Cache cache) {
    return cache
        .audited(new Revision(Long.MAX_VALUE), AuditedInvalidation.KEPT)
        .exceptionally(failure -> List.of());
  }

  /** By tag, the last invalidation of it that is remembered. */
  private static CompletionStage<Map<String, AuditedInvalidation>> latest(Cache cache) {
    return audited(cache)
        .thenApply(audited -> {
          var latest = new HashMap<String, AuditedInvalidation>();
          audited.forEach(each ->
              each.invalidation().tags().names().forEach(tag -> latest.putIfAbsent(tag, each)));
          return latest;
        });
  }

  /** What orders tags: the smallest first, then by name. */
  private static ToLongFunction<Map.Entry<String, Sum>> rank(
      String sort,
      Map<String, AuditedInvalidation> latest,
      Map<String, ServerMetrics.TagCost> costs) {
    return switch (sort) {
      case "cost" -> row -> -costs.getOrDefault(row.getKey(), FREE).generationMillis();
      case "regenerations" -> row -> -costs.getOrDefault(row.getKey(), FREE).regenerations();
      case "entries" -> row -> -row.getValue().entries;
      case "bytes" -> row -> -row.getValue().bytes;
      case "invalidated" ->
          row ->
              Optional.ofNullable(latest.get(row.getKey()))
                  .map(each -> -each.invalidation().revision().number())
                  .orElse(0L);
      default -> row -> 0;
    };
  }

  private static JsonObject answer(
      Counted counted,
      Walk walk,
      ToLongFunction<Map.Entry<String, Sum>> rank,
      int limit,
      Optional<Parameters.Cursor> after,
      Map<String, AuditedInvalidation> latest,
      Map<String, ServerMetrics.TagCost> costs) {
    Comparator<Map.Entry<String, Sum>> order =
        Comparator.comparingLong(rank).thenComparing(Map.Entry::getKey);
    List<Map.Entry<String, Sum>> rows =
        counted.sums.entrySet().stream()
            .filter(row ->
                after.filter(at -> !isAfter(rank.applyAsLong(row), row.getKey(), at)).isEmpty())
            .sorted(order)
            .limit(limit + 1L)
            .toList();
    List<Map.Entry<String, Sum>> listed = rows.stream().limit(limit).toList();
    var json =
        new JsonObject()
            .put(
                "tags",
                new JsonArray(
                    listed.stream()
                        .map(row ->
                            Lately.cost(row(row, latest), costs.getOrDefault(row.getKey(), FREE)))
                        .toList()))
            .put("examined", walk.examined())
            .put("partial", !walk.complete() || counted.leftOut);
    if (rows.size() > limit) {
      Map.Entry<String, Sum> end = listed.getLast();
      json.put("cursor", new Parameters.Cursor(rank.applyAsLong(end), end.getKey()).toString());
    }
    return json;
  }

  private static boolean isAfter(long rank, String tag, Parameters.Cursor at) {
    return rank > at.rank() || (rank == at.rank() && tag.compareTo(at.name()) > 0);
  }

  private static JsonObject row(
      Map.Entry<String, Sum> row, Map<String, AuditedInvalidation> latest) {
    var json =
        new JsonObject()
            .put("tag", row.getKey())
            .put("entries", row.getValue().entries)
            .put("bytes", row.getValue().bytes);
    Optional.ofNullable(latest.get(row.getKey()))
        .map(AdminJson::audited)
        .ifPresent(last -> {
          last.remove("tags");
          last.remove("moreTags");
          json.put("lastInvalidation", last);
        });
    return json;
  }

  /** What the entries of a tag add up to. */
  private static final class Sum {
    private long entries;
    private long bytes;
  }

  /** The tags of the entries that a walk shows, as many as are kept. */
  private static final class Counted {
    private final TreeMap<String, Sum> sums = new TreeMap<>();
    private final String prefix;
    private final Optional<String> after;
    private final int most;

    /** Whether the first names are kept, in place of those that are seen first. */
    private final boolean first;

    private long characters;
    private boolean leftOut;

    Counted(String prefix, Optional<String> after, int most, boolean first) {
      this.prefix = prefix;
      this.after = after;
      this.most = most;
      this.first = first;
    }

    boolean show(EntryHead head) {
      for (String tag : head.tags()) {
        if (tag.startsWith(prefix) && after.filter(name -> tag.compareTo(name) <= 0).isEmpty()) {
          add(tag, head.size());
        }
      }
      return true;
    }

    private void add(String tag, int size) {
      Sum sum = sums.get(tag);
      if (sum == null) {
        if (first) {
          sum = amongTheFirst(tag);
        } else if (sums.size() < most && characters + tag.length() <= MOST_CHARACTERS) {
          sum = new Sum();
          sums.put(tag, sum);
          characters += tag.length();
        } else {
          leftOut = true;
        }
      }
      if (sum != null) {
        sum.entries++;
        sum.bytes += size;
      }
    }

    /** What goes never comes back: later names only become fewer. Null if it is none of them. */
    private @Nullable Sum amongTheFirst(String tag) {
      if (sums.size() == most && tag.compareTo(sums.lastKey()) > 0) {
        return null;
      }
      var sum = new Sum();
      sums.put(tag, sum);
      if (sums.size() > most) {
        sums.pollLastEntry();
      }
      return sum;
    }
  }
}
