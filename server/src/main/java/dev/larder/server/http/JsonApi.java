package dev.larder.server.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.larder.core.AsOf;
import dev.larder.core.CacheKey;
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
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * What people, webhooks and other languages can ask, in JSON.
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

  private final Vertx vertx;
  private final Namespaces namespaces;
  private final IncomingMemory incomingMemory;

  JsonApi(Vertx vertx, Namespaces namespaces, IncomingMemory incomingMemory) {
    this.vertx = vertx;
    this.namespaces = namespaces;
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
   * <p>The body is {@code {"tags": [...], "expire": s}}. {@code tags} has 1 to {@link
   * TagSet#MAX_TAGS} strings. {@code expire} is for how many s what has a tag may still be served
   * stale; 0, which is also meant where it is not given, serves it no more. Answers {@code
   * {"revision"}} once the invalidation is as durable as the store promises: from then on every
   * lookup takes it into account.
   *
   * <p>403 if the token has a tag prefix and one of the tags does not begin with it.
   */
  CompletionStage<?> invalidate(Router.Call call) {
    Namespace namespace = call.namespace();
    return read(
        call.request(),
        json -> {
          Fields.only(json, "tags", "expire");
          TagSet tags = Fields.tags(json);
          expectPrefix(call.principal().tagPrefix(), json.getJsonArray("tags"));
          long expire = Fields.expire(json);
          return namespaces
              .cache(namespace)
              .thenCompose(cache -> cache.invalidate(tags, expire, by("invalidate", call)))
              .thenApply(JsonApi::revision);
        });
  }

  /**
   * {@code POST /v1/{namespace}/purge}: of tags, or of a key.
   *
   * <p>The body is {@code {"tags": [...]}} or {@code {"key": hex}}, not both. Answers {@code
   * {"purged", "revision"}} for a key and {@code {"revision", "removed"}} for tags; {@code
   * removed}, how many entries were removed, is left out by a store that removes them later.
   */
  CompletionStage<?> purge(Router.Call call) {
    Namespace namespace = call.namespace();
    return read(
        call.request(),
        json -> {
          Fields.only(json, "tags", "key");
          if (json.containsKey("tags") == json.containsKey("key")) {
            throw new InvalidValueException("expected either 'tags' or 'key'");
          }
          if (json.containsKey("key")) {
            CacheKey key = Fields.key(json);
            return existing(namespace)
                .thenCompose(cache -> cache.purge(key, by("purge", call)))
                .thenApply(asOf ->
                    new JsonObject()
                        .put("purged", key.toString())
                        .put("revision", asOf.revision().number()));
          }
          TagSet tags = Fields.tags(json);
          return existing(namespace)
              .thenCompose(cache -> cache.purge(tags, by("purge", call)))
              .thenApply(purged -> {
                JsonObject answer = revision(purged.asOf());
                purged.removed().ifPresent(removed -> answer.put("removed", removed));
                return answer;
              });
        });
  }

  private static InvalidationSource by(String action, Router.Call call) {
    return new InvalidationSource(action, "", "").via(Via.HTTP).token(call.principal().id());
  }

  /**
   * Some tokens may only invalidate tags that begin in a certain way.
   *
   * @throws Refusal 403 that names the first tag that does not
   */
  private static void expectPrefix(String prefix, JsonArray tags) {
    for (Object tag : tags) {
      if (!((String) tag).startsWith(prefix)) {
        throw new Refusal(
            403,
            "forbidden",
            "tag '%s'; the token only invalidates tags that begin with '%s'"
                .formatted(InvalidValueException.shortened((String) tag), prefix));
      }
    }
  }

  private CompletionStage<Cache> existing(Namespace namespace) {
    return existing(namespaces, namespace);
  }

  /**
   * The cache of a namespace that exists; fails with a {@link Refusal} 404 for another one. Without
   * this look, a question about a mistyped name would create it.
   */
  static CompletionStage<Cache> existing(Namespaces namespaces, Namespace namespace) {
    return namespaces
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
      if (!(json.getValue("tags") instanceof JsonArray array)
          || array.isEmpty()
          || !array.stream().allMatch(String.class::isInstance)) {
        throw new InvalidValueException("'tags' must be an array of at least one string");
      }
      TagSet.checkCount(array.size(), TagSet.MAX_TAGS);
      // A tag may be longer than one that travels, which its name is not.
      return TagSet.of(TagNames.of(array.stream().map(String.class::cast).toList()));
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
