package dev.larder.server.redisrest;

import dev.larder.core.Namespace;
import dev.larder.redis.engine.Database;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import dev.larder.server.config.ServerConfig;
import dev.larder.server.http.AccessCheck;
import dev.larder.server.http.Body;
import dev.larder.server.http.Endpoint;
import dev.larder.server.http.Refusal;
import dev.larder.server.session.MemoryLimit;
import dev.larder.server.socket.Connection;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** {@code /redis/{namespace}}: Redis over HTTP, over a database of the server's own. */
public final class RedisEndpoint implements Endpoint, AutoCloseable {
  private static final String ROOT = "/redis";
  private static final Set<HttpMethod> METHODS =
      Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST, HttpMethod.PUT);

  private final Vertx vertx;
  private final int maxRequestBytes;
  private final Tokens tokens;
  private final Optional<Databases> databases;
  private final MessageStreams streams;

  /** For replies on their way to clients. */
  private final MemoryLimit room = new MemoryLimit(Format.MOST);

  /** The endpoint of a server: without databases of its own, it says so to everybody. */
  public RedisEndpoint(Vertx vertx, ServerConfig config) {
    this.vertx = vertx;
    this.maxRequestBytes = config.redis().maxRequestBytes();
    this.tokens = new Tokens(config.http().host(), config.access());
    this.streams = new MessageStreams(vertx, config.http().maxConnections());
    this.databases =
        config.store() instanceof ServerConfig.Embedded embedded
            ? Optional.of(
                new Databases(
                    embedded.data().resolve("redis"),
                    config.limits().maxNamespaces(),
                    config.redis().memoryBytes()))
            : Optional.empty();
  }

  @Override
  public boolean serves(String path) {
    return path.equals(ROOT) || path.startsWith(ROOT + "/");
  }

  @Override
  public CompletionStage<?> handle(HttpServerRequest request, Bodies bodies) {
    Future<Void> answered;
    try {
      answered = route(request, bodies);
    } catch (RuntimeException e) {
      answered = Future.failedFuture(e);
    }
    return answered.recover(failure -> refuse(request, failure)).toCompletionStage();
  }

  @Override
  public void leave() {
    streams.close();
  }

  @Override
  public void close() {
    streams.close();
    databases.ifPresent(Databases::close);
  }

  private Future<Void> route(HttpServerRequest request, Bodies bodies) {
    Query query = Query.of(request.query());
    Role role = tokens.role(request, query.token());
    if (!METHODS.contains(request.method())) {
      throw wrongMethod(request, "GET, HEAD, POST, PUT");
    }
    String[] segments = String.valueOf(request.path()).substring(1).split("/");
    if (segments.length < 2) {
      throw new Refusal(404, "not-found", "ERR no namespace; expected /redis/{namespace}");
    }
    var namespace = new Namespace(segments[1]);
    Format format = Format.of(request);
    Database database = database(namespace);
    String what = segments.length < 3 ? "" : segments[2].toLowerCase(Locale.ROOT);
    if (what.equals("subscribe") || what.equals("psubscribe")) {
      List<Bytes> names = decoded(segments, 3);
      return bodies
          .read(maxRequestBytes)
          .onSuccess(Body::release)
          .compose(body -> streams.serve(request, database, names, what.equals("psubscribe")));
    }
    if (segments.length < 3) {
      expectBody(request);
      return body(
          bodies, CommandReader::one, command -> one(request, database, command, role, format));
    }
    if (segments.length == 3 && what.equals("pipeline")) {
      expectBody(request);
      return body(
          bodies,
          CommandReader::several,
          commands -> pipeline(request, database, commands, role, format));
    }
    if (segments.length == 3 && what.equals("multi-exec")) {
      expectBody(request);
      return body(
          bodies,
          CommandReader::several,
          commands -> transaction(request, database, commands, role, format));
    }
    List<Bytes> path = decoded(segments, 2);
    return body(
        bodies,
        body -> value(request, body),
        value -> {
          var parts = new ArrayList<Bytes>(path);
          parts.addAll(value);
          parts.addAll(query.arguments());
          return one(request, database, Command.of(parts), role, format);
        });
  }

  private Database database(Namespace namespace) {
    return databases
        .orElseThrow(() ->
            new Refusal(
                501,
                "not-implemented",
                "ERR Redis over HTTP is not served with --store: the databases of several servers"
                    + " would differ; run one server without --store for it"))
        .of(namespace);
  }

  private static List<Bytes> decoded(String[] segments, int from) {
    return Arrays.stream(segments, from, segments.length)
        .map(segment -> PercentCoding.decode(segment, false))
        .toList();
  }

  private static void expectBody(HttpServerRequest request) {
    if (request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD)) {
      throw wrongMethod(request, "POST, PUT");
    }
  }

  private static Refusal wrongMethod(HttpServerRequest request, String expected) {
    request.response().putHeader("allow", expected);
    return new Refusal(
        405,
        "method-not-allowed",
        "ERR %s; expected %s".formatted(request.method().name(), expected));
  }

  /** What is answered to what a body says. The body is counted until then, as is what it says. */
  private <T> Future<Void> body(
      Bodies bodies, Function<Body, T> reading, Function<T, Future<Void>> answer) {
    return bodies
        .read(maxRequestBytes)
        .compose(body -> {
          try {
            return answer.apply(reading.apply(body)).onComplete(done -> body.release());
          } catch (RuntimeException e) {
            body.release();
            throw e;
          }
        });
  }

  private static List<Bytes> value(HttpServerRequest request, Body body) {
    boolean has =
        body.length() > 0
            && (request.method().equals(HttpMethod.POST)
                || request.method().equals(HttpMethod.PUT));
    return has ? List.of(Bytes.wrap(Arrays.copyOf(body.array(), body.length()))) : List.of();
  }

  private Future<Void> one(
      HttpServerRequest request, Database database, Command command, Role role, Format format) {
    return answer(
        request,
        Commands.run(database, List.of(command), role)
            .thenApply(replies -> Answer.of(replies.getFirst(), format)));
  }

  private Future<Void> pipeline(
      HttpServerRequest request,
      Database database,
      List<Command> commands,
      Role role,
      Format format) {
    return answer(
        request,
        Commands.run(database, commands, role).thenApply(replies -> Answer.of(replies, format)));
  }

  private Future<Void> transaction(
      HttpServerRequest request,
      Database database,
      List<Command> commands,
      Role role,
      Format format) {
    Format json = format.forTransaction();
    return answer(
        request,
        Commands.transact(database, commands, role)
            .thenApply(reply ->
                reply instanceof Reply.Array(List<Reply> replies)
                    ? Answer.of(replies, json)
                    : Answer.of(reply, json)));
  }

  /** Answers once there is room for what is to be written. */
  private Future<Void> answer(HttpServerRequest request, CompletionStage<Answer> answer) {
    Context context = vertx.getOrCreateContext();
    Connection connection = Connection.of(request.connection());
    return Future.fromCompletionStage(
            answer.thenCompose(replies ->
                room.acquire(connection, replies.size())
                    .thenCompose(permit -> written(replies, permit))),
            context)
        .compose(written ->
            written
                .answer()
                .send(request, written.body())
                .onComplete(sent -> written.permit().release()));
  }

  private record Written(Answer answer, Buffer body, MemoryLimit.Permit permit) {}

  /** Small answers are written by whoever has the replies, large ones where nobody waits. */
  private CompletionStage<Written> written(Answer answer, MemoryLimit.Permit permit) {
    if (answer.size() < MemoryLimit.LARGE) {
      return CompletableFuture.completedStage(new Written(answer, answer.written(), permit));
    }
    return CompletableFuture.supplyAsync(
            () -> new Written(answer, answer.written(), permit),
            task -> vertx.executeBlocking(Executors.callable(task), false))
        .whenComplete((written, failure) -> {
          if (failure != null) {
            permit.release();
          }
        });
  }

  private Future<Void> refuse(HttpServerRequest request, Throwable failure) {
    if (request.response().headWritten() || request.response().closed()) {
      return Future.failedFuture(failure);
    }
    Refusal refusal = Refusal.of(failure);
    String said = String.valueOf(refusal.getMessage());
    if (refusal.status() == 413 && !said.startsWith("ERR ")) {
      said = "ERR max request size exceeded. Limit: %d bytes".formatted(maxRequestBytes);
    }
    if (refusal.status() == 401) {
      AccessCheck.challenge(request);
    }
    String text = said.matches("(?s)[A-Z]{3,} .*") ? said : "ERR " + said;
    Answer error = Answer.error(refusal.status(), text);
    return error
        .send(request, error.written())
        .onComplete(sent -> {
          if (refusal.status() == 408) {
            request.connection().close();
          }
        });
  }
}
