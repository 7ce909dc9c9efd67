package dev.larder.server.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.larder.core.AsOf;
import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.InvalidValueException;
import dev.larder.core.InvalidationSource;
import dev.larder.core.InvalidationSource.Via;
import dev.larder.core.Namespace;
import dev.larder.core.TagNames;
import dev.larder.core.TagSet;
import dev.larder.core.engine.Cache;
import dev.larder.server.session.Namespaces;
import dev.larder.server.socket.IncomingMemory;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What people, webhooks and other languages can ask, in JSON.
 *
 * <p>How the parts work together. The {@link Router} has admitted whoever asks, and knows the
 * namespace. {@link #read} takes the body, within the memory for what comes in, and {@link #parsed}
 * counts its tokens before it becomes objects; {@code Fields} checks one field after the other and
 * names the one that is wrong. Then the {@link Cache} of the namespace is asked, and its answer
 * shaped. Questions about what is stored go through all heads ({@link Walks}) within a bound of
 * time, and say so where that was not enough. What fails becomes an answer in {@link HttpApi}.
 *
 * <p>Bodies are of type {@code application/json}; another is 415, one over 8 MiB is 413, one with
 * an unknown field or a wrong type is 400 {@code invalid-value}. A namespace that does not exist is
 * 404, but for {@link #invalidate}, which creates it. Answers have status 200.
 */
final class JsonApi {
  /** The most bytes of a body. */
  private static final int BODY_BYTES = 8 << 20;

  /** The most tokens of a body: more than a request for the most tags there may be can have. */
  private static final long BODY_TOKENS = 4096;

  /** Reads a body once before it is made objects of, each of which takes more than its bytes. */
  private static final JsonFactory TOKENS =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxTokenCount(BODY_TOKENS).maxNestingDepth(8).build())
          .build();

  private static final InvalidationSource PURGE = new InvalidationSource("purge", "", "");

  private final AccessCheck check;
  private final Vertx vertx;
  private final Namespaces namespaces;
  private final Walks walks;
  private final Lately lately;
  private final IncomingMemory incomingMemory;

  JsonApi(
      AccessCheck check,
      Vertx vertx,
      Namespaces namespaces,
      Walks walks,
      Lately lately,
      IncomingMemory incomingMemory) {
    this.check = check;
    this.vertx = vertx;
    this.namespaces = namespaces;
    this.walks = walks;
    this.lately = lately;
    this.incomingMemory = incomingMemory;
  }

  /**
   * {@code GET /v1}: every namespace that whoever asks may see.
   *
   * <p>Answers {@code {"namespaces": ["shop", ...]}}. A token for some namespaces sees only those.
   */
  CompletionStage<?> list(Router.Call call) {
    return answer(
        call.request(),
        namespaces.list(),
        all ->
            new JsonObject()
                .put(
                    "namespaces",
                    new JsonArray(
                        all.stream().filter(call.principal()::in).map(Namespace::name).toList())));
  }

  /**
   * {@code GET /v1/{namespace}}: what it holds.
   *
   * <p>Answers {@code {"namespace", "identity", "revision", "floor", "tags", "leases", "waiting",
   * "entries", "bytes", "dropped", "damaged"}}. {@code identity} is another one once the history of
   * the namespace has begun anew; entries older than {@code floor} are expired, since invalidations
   * before it are forgotten; {@code tags} is how many invalidated tags are remembered.
   */
  CompletionStage<?> describe(Router.Call call) {
    Namespace namespace = call.namespace();
    return answer(
        call.request(), existing(namespace), cache -> described(namespace, cache.stats()));
  }

  /**
   * {@code DELETE /v1/{namespace}}: deletes everything in it.
   *
   * <p>Answers {@code {"deleted": name}}, or 404 if there was none.
   */
  CompletionStage<?> delete(Router.Call call) {
    Namespace namespace = call.namespace();
    return answer(
        call.request(),
        namespaces.delete(namespace),
        deleted -> {
          if (!deleted) {
            throw missing(namespace);
          }
          return new JsonObject().put("deleted", namespace.name());
        });
  }

  /**
   * {@code POST /v1/{namespace}/invalidate}.
   *
   * <p>The body is {@code {"tags": [...], "paths": [...], "type", "expire": s}}, with tags, paths
   * or both: 1 to {@link TagSet#MAX_TAGS} strings together. {@code paths} are invalidated as {@code
   * revalidatePath} of Next.js does, with {@code type}, {@code page} or {@code layout}, if they are
   * patterns of routes. {@code expire} is for how many s what has a tag may still be served stale;
   * 0, which is also meant where it is not given, serves it no more. Answers {@code {"revision"}}
   * once the invalidation is as durable as the store promises: from then on every lookup takes it
   * into account.
   *
   * <p>403 if the token has a tag prefix and one of the tags, or of those of the paths, does not
   * begin with it.
   */
  CompletionStage<?> invalidate(Router.Call call) {
    Namespace namespace = call.namespace();
    return read(
        call.request(),
        json -> {
          Fields.only(json, "tags", "paths", "type", "expire");
          List<String> paths = Fields.strings(json, "paths");
          List<String> tags =
              Stream.concat(Fields.strings(json, "tags").stream(), Fields.pathTags(json, paths))
                  .toList();
          TagSet names = Fields.names(tags);
          check.requireTags(call.request(), call.principal(), namespace, tags);
          long expire = Fields.expire(json);
          var action = new InvalidationSource("invalidate", String.join(" ", paths), "");
          return namespaces
              .cache(namespace)
              .thenCompose(cache -> cache.invalidate(names, expire, by(action, call)))
              .thenApply(JsonApi::revision);
        });
  }

  /**
   * {@code POST /v1/{namespace}/purge}: of tags, or of a key.
   *
   * <p>The body is {@code {"tags": [...]}} or {@code {"key": hex}}, not both. Answers {@code
   * {"purged", "revision"}} for a key and {@code {"revision", "removed"}} for tags; {@code
   * removed}, how many entries were removed, is left out by a store that removes them later.
   *
   * <p>With {@code "dryRun": true} beside it nothing is changed, and the answer says what would be
   * lost: {@code {"sentence", "dryRun", "entries", "fresh", "stale", "expired", "bytes",
   * "generationMillis", "untimed", "readsPerMinute", "examined", "partial"}}. {@code entries} are
   * those that carry the tags and can still be served, and so are the bytes, and the ms that their
   * generations took, but for {@code untimed} entries that did not say; {@code readsPerMinute} is
   * how often they are read, here and in near caches as far as their processes report it, or {@code
   * "unknown"} where nobody has read anything lately. What only readers name a tag for, as a soft
   * tag, is not counted.
   */
  CompletionStage<?> purge(Router.Call call) {
    Namespace namespace = call.namespace();
    return read(
        call.request(),
        json -> {
          Fields.only(json, "tags", "key", "dryRun");
          if (json.containsKey("tags") == json.containsKey("key")) {
            throw new InvalidValueException("expected either 'tags' or 'key'");
          }
          if (Fields.flag(json, "dryRun")) {
            return tried(json, namespace);
          }
          if (json.containsKey("key")) {
            CacheKey key = Fields.key(json);
            return existing(namespace)
                .thenCompose(cache -> cache.purge(key, by(PURGE, call)))
                .thenApply(asOf ->
                    new JsonObject()
                        .put("purged", key.toString())
                        .put("revision", asOf.revision().number()));
          }
          TagSet tags = Fields.tags(json);
          return existing(namespace)
              .thenCompose(cache -> cache.purge(tags, by(PURGE, call)))
              .thenApply(purged -> {
                JsonObject answer = revision(purged.asOf());
                purged.removed().ifPresent(removed -> answer.put("removed", removed));
                return answer;
              });
        });
  }

  /** What a purge would remove; nothing is changed. */
  private CompletionStage<JsonObject> tried(JsonObject json, Namespace namespace) {
    Predicate<EntryHead> doomed =
        json.containsKey("key") ? ofKey(Fields.key(json)) : ofTags(Fields.tags(json));
    return existing(namespace)
        .thenCompose(cache -> {
          var tally = new Tally(cache, lately.readsPerMinute(namespace));
          return walks
              .over(
                  cache,
                  head -> {
                    if (doomed.test(head)) {
                      tally.add(head);
                    }
                    return true;
                  })
              .thenApply(walk -> {
                String sentence =
                    "a purge would remove %s%s"
                        .formatted(
                            tally.words(),
                            walk.complete()
                                ? ""
                                : "; time was up after %s, there may be more"
                                    .formatted(AdminJson.entries(walk.examined())));
                var answer = new JsonObject().put("sentence", sentence).put("dryRun", true);
                return Walks.said(tally.into(answer), walk);
              });
        });
  }

  private static Predicate<EntryHead> ofKey(CacheKey key) {
    return head -> head.key().equals(key);
  }

  private static Predicate<EntryHead> ofTags(TagSet tags) {
    var names = Set.copyOf(tags.names());
    return head -> TagsApi.carries(head, names);
  }

  private static InvalidationSource by(InvalidationSource source, Router.Call call) {
    return source.via(Via.HTTP).token(call.principal().id());
  }

  private CompletionStage<Cache> existing(Namespace namespace) {
    return existing(namespaces, namespace);
  }

  /**
   * The cache of a namespace that exists; fails with a {@link Refusal} 404 for another one. Without
   * this look, a question about a mistyped name would create it.
   */
  static CompletionStage<Cache> existing(Namespaces namespaces, Namespace namespace) {
    Optional<Cache> inUse = namespaces.inUse(namespace);
    return inUse.isPresent()
        ? CompletableFuture.completedStage(inUse.orElseThrow())
        : namespaces
            .list()
            .thenCompose(all -> {
              if (!all.contains(namespace)) {
                throw missing(namespace);
              }
              return namespaces.cache(namespace);
            });
  }

  /** Reads a JSON body, works, answers. The body counts as memory in use until the work is done. */
  private CompletionStage<?> read(
      HttpServerRequest request, Function<JsonObject, CompletionStage<JsonObject>> work) {
    Exchange.expect(request, Exchange.JSON);
    Context context = vertx.getOrCreateContext();
    return Body.of(request, incomingMemory, BODY_BYTES)
        .compose(body ->
            Future.fromCompletionStage(work.apply(parsed(body)), context)
                .eventually(() -> Future.succeededFuture(body).onSuccess(Body::release)))
        .compose(answer -> Exchange.json(request, 200, answer))
        .toCompletionStage();
  }

  private <T> CompletionStage<?> answer(
      HttpServerRequest request, CompletionStage<T> work, Function<T, JsonObject> shape) {
    return Exchange.answer(vertx, request, work.thenApply(shape));
  }

  /**
   * Counts the tokens of a body before it becomes objects: 8 MiB of {@code [} would fill the heap.
   *
   * @throws InvalidValueException if it is too deep, has too many tokens or is no object
   */
  private static JsonObject parsed(Body body) {
    try (JsonParser tokens = TOKENS.createParser(body.array(), 0, body.length())) {
      while (tokens.nextToken() != null) {
        // Only counted.
      }
      return body.buffer().toJsonObject();
    } catch (StreamConstraintsException e) {
      body.release();
      throw new InvalidValueException(
          "a body of more than %d JSON tokens, or more than 8 levels".formatted(BODY_TOKENS));
    } catch (IOException | DecodeException | ClassCastException e) {
      body.release();
      throw new InvalidValueException("a body that is not a JSON object");
    }
  }

  private static JsonObject revision(AsOf asOf) {
    return new JsonObject().put("revision", asOf.revision().number());
  }

  private static JsonObject described(Namespace namespace, Cache.Stats stats) {
    return new JsonObject()
        .put("namespace", namespace.name())
        .put("identity", stats.asOf().store().toString())
        .put("revision", stats.asOf().revision().number())
        .put("floor", stats.floor().number())
        .put("tags", stats.tags())
        .put("leases", stats.leases())
        .put("waiting", stats.waiting())
        .put("entries", stats.entries().entries())
        .put("bytes", stats.entries().bytes())
        .put("dropped", stats.entries().dropped())
        .put("damaged", stats.entries().damaged());
  }

  private static Refusal missing(Namespace namespace) {
    return new Refusal(404, "not-found", "no namespace '%s'".formatted(namespace));
  }

  /** The fields of a body, checked one by one. */
  private static final class Fields {
    private static final List<String> TYPES = List.of("page", "layout");

    private Fields() {}

    /** A misspelt {@code expire} must not become an invalidation at once. */
    static void only(JsonObject json, String... expected) {
      for (String field : json.fieldNames()) {
        if (!List.of(expected).contains(field)) {
          throw new InvalidValueException(
              "unknown field '%s'; expected '%s'"
                  .formatted(
                      InvalidValueException.shortened(field), String.join("' and '", expected)));
        }
      }
    }

    static TagSet tags(JsonObject json) {
      return names(strings(json, "tags"));
    }

    /** All names of some tags; at least one. */
    static TagSet names(List<String> tags) {
      if (tags.isEmpty()) {
        throw new InvalidValueException("no tag and no path; expected at least one");
      }
      TagSet.checkCount(tags.size(), TagSet.MAX_TAGS);
      // A tag may be longer than one that travels, which its name is not.
      return TagSet.of(TagNames.of(tags));
    }

    /** An array of at least one string; empty if the field is not there. */
    static List<String> strings(JsonObject json, String field) {
      if (!json.containsKey(field)) {
        return List.of();
      }
      if (!(json.getValue(field) instanceof JsonArray array)
          || array.isEmpty()
          || !array.stream().allMatch(String.class::isInstance)) {
        throw new InvalidValueException(
            "'%s' must be an array of at least one string".formatted(field));
      }
      return array.stream().map(String.class::cast).toList();
    }

    /** The tags of paths, of the type that is given beside them. */
    static Stream<String> pathTags(JsonObject json, List<String> paths) {
      if (!json.containsKey("type")) {
        return paths.stream().flatMap(path -> PathTags.of(path, "").stream());
      }
      Object type = json.getValue("type");
      if (paths.isEmpty() || !(type instanceof String given) || !TYPES.contains(given)) {
        throw new InvalidValueException(
            "'type' is %s; expected page or layout, beside 'paths'"
                .formatted(InvalidValueException.shortened(String.valueOf(type))));
      }
      return paths.stream().flatMap(path -> PathTags.of(path, given).stream());
    }

    /** True or false; false if it is not given. */
    static boolean flag(JsonObject json, String field) {
      Object given = json.getValue(field, false);
      if (given instanceof Boolean flag) {
        return flag;
      }
      throw new InvalidValueException(
          "'%s' is %s; expected true or false"
              .formatted(field, InvalidValueException.shortened(String.valueOf(given))));
    }

    /** In s; 0 if it is not given. {@code 1.5}, {@code "1"} and {@code null} are refused. */
    static long expire(JsonObject json) {
      Object given = json.containsKey("expire") ? json.getValue("expire") : Integer.valueOf(0);
      if (given instanceof Integer || given instanceof Long) {
        long seconds = ((Number) given).longValue();
        if (seconds >= 0) {
          return seconds;
        }
      }
      throw new InvalidValueException(
          "'expire' is %s; expected a whole number of seconds, 0 or more"
              .formatted(InvalidValueException.shortened(String.valueOf(given))));
    }

    static CacheKey key(JsonObject json) {
      if (json.getValue("key") instanceof String hex) {
        try {
          return CacheKey.of(HexFormat.of().parseHex(hex));
        } catch (IllegalArgumentException e) {
          // Told below, as what it is.
        }
      }
      throw new InvalidValueException("'key' must be the key's bytes in hexadecimal");
    }
  }
}
