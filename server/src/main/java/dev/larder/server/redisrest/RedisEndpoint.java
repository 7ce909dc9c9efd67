package dev.larder.server.redisrest;

import dev.larder.core.Namespace;
import dev.larder.redis.engine.Database;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import dev.larder.server.access.AccessControl;
import dev.larder.server.access.Permission;
import dev.larder.server.access.Principal;
import dev.larder.server.backup.Backup;
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
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * {@code /redis/{namespace}}: Redis over HTTP, over databases of the server's own or of its store.
 *
 * <p>The interface is that of the REST API of Upstash, so its SDKs work with it: a command is the
 * body of {@code POST /redis/{namespace}}, as {@code ["SET", "key", "value"]}, or the path of any
 * method that is taken, as {@code /redis/{namespace}/set/key/value?EX=100}, to which a body is
 * added as the argument after the path. Further paths are {@code /pipeline}, {@code /multi-exec},
 * {@code /subscribe/{channel}}, {@code /psubscribe/{pattern}} and {@code /monitor}.
 *
 * <p>A token comes in {@code Authorization: Bearer} or as {@code ?_token=}. An error is {@code
 * {"error": "ERR ..."}}: 400 for a command that fails, 401 {@code WRONGPASS}, 403 {@code NOPERM},
 * 404 without a namespace, 405 for a method, 408 for a body that does not come, 413 for one that is
 * too large or has too many commands, 414 for a line over 32 KiB, 429 when too much waits for the
 * database, 503 while it cannot be asked or the server stops.
 *
 * <p>A request goes this way: {@link #route} finds out who asks, for which namespace and in which
 * {@link Format}; {@link CommandReader} or the path makes commands; {@link Commands} lets {@link
 * Rules} answer what may not run and asks the {@link Database} for the rest; {@link #answer} waits
 * for room and sends. Three things are counted in bytes meanwhile: the body, the replies that wait,
 * and what is written.
 */
public final class RedisEndpoint implements Endpoint, AutoCloseable {
  private static final String ROOT = "/redis";

  /** {@code GET} and {@code HEAD} have no body, and so only commands in their paths. */
  private static final Set<HttpMethod> METHODS =
      Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST, HttpMethod.PUT);

  /** What is answered with events, until somebody leaves. */
  private static final Set<String> STREAMS = Set.of("subscribe", "psubscribe", "monitor");

  /** How long the line of a request may be, in bytes: a command may be in it. */
  private static final int LINE = 32 << 10;

  /** The most bytes of replies that may wait to be sent, where they are copies of what is kept. */
  private static final long ARRIVED = Runtime.getRuntime().maxMemory() / 4;

  private final Vertx vertx;
  private final int maxRequestBytes;
  private final AccessCheck access;
  private final Databases databases;
  private final Rules rules;
  private final Monitors monitors = new Monitors();
  private final MessageStreams streams;

  /** The bytes of replies that wait to be written. */
  private final AtomicLong waiting = new AtomicLong();

  /** For replies on their way to clients. */
  private final MemoryLimit room = new MemoryLimit(Format.MOST);

  /**
   * What is asked of a database.
   *
   * @param principal who asks
   * @param role what that lets it do
   * @param format how it wants to be answered
   */
  private record Asked(
      HttpServerRequest request,
      Principal principal,
      Namespace namespace,
      Database database,
      Role role,
      Format format) {}

  /**
   * The endpoint of a server.
   *
   * <p>Opens no database before one is asked for.
   */
  public RedisEndpoint(Vertx vertx, ServerConfig config, AccessControl control) {
    this.vertx = vertx;
    this.maxRequestBytes = config.redis().maxRequestBytes();
    this.access = new AccessCheck(config.http(), control);
    this.streams = new MessageStreams(vertx, control, config.http().maxConnections());
    this.databases = Databases.of(config);
    this.rules = new Rules(config.redis().scripts());
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

  /** The databases, to be backed up. */
  public Backup backup() {
    return databases::backUp;
  }

  /** Streams of events end; commands are answered as before. */
  @Override
  public void leave() {
    streams.close();
  }

  /** Ends the streams and closes the databases, once they have answered. */
  @Override
  public void close() {
    streams.close();
    databases.close();
  }

  /**
   * Finds out who asks for what, and lets it be answered.
   *
   * @throws Refusal for what reaches no database
   */
  private Future<Void> route(HttpServerRequest request, Bodies bodies) {
    if (request.uri().length() > LINE) {
      throw new Refusal(
          414, "too-large", "ERR the line of the request has more than %d bytes".formatted(LINE));
    }
    Query query = Query.of(request.query());
    Principal principal = identified(request, query.token());
    if (!METHODS.contains(request.method())) {
      throw wrongMethod(request, "GET, HEAD, POST, PUT");
    }
    String[] segments = String.valueOf(request.path()).substring(1).split("/");
    if (segments.length < 2) {
      throw new Refusal(404, "not-found", "ERR no namespace; expected /redis/{namespace}");
    }
    var namespace = new Namespace(segments[1]);
    Role role = principal.may(Permission.REDIS) ? Role.ALL : Role.READ;
    access.require(
        request,
        principal,
        role == Role.ALL ? Permission.REDIS : Permission.REDIS_READ,
        Optional.of(namespace));
    var asked =
        new Asked(request, principal, namespace, databases.of(namespace), role, Format.of(request));
    String what = segments.length < 3 ? "" : segments[2].toLowerCase(Locale.ROOT);
    if (STREAMS.contains(what)) {
      return bodies
          .read(maxRequestBytes)
          .onSuccess(Body::release)
          .compose(body -> stream(asked, what, decoded(segments, 3)));
    }
    if (segments.length < 3) {
      expectBody(request);
      return body(bodies, CommandReader::one, command -> one(asked, command));
    }
    if (segments.length == 3 && what.equals("pipeline")) {
      expectBody(request);
      return body(bodies, CommandReader::several, commands -> pipeline(asked, commands));
    }
    if (segments.length == 3 && what.equals("multi-exec")) {
      expectBody(request);
      return body(bodies, CommandReader::several, commands -> transaction(asked, commands));
    }
    List<Bytes> path = decoded(segments, 2);
    return body(
        bodies,
        body -> value(request, body),
        value -> {
          var parts = new ArrayList<Bytes>(path);
          parts.addAll(value);
          parts.addAll(query.arguments());
          return one(asked, Command.of(parts));
        });
  }

  /** The header counts before the query. */
  private Principal identified(HttpServerRequest request, Optional<String> inQuery) {
    return access
        .identify(request, AccessCheck.bearer(request).or(() -> inQuery))
        .orElseThrow(
            () -> new Refusal(401, "unauthorized", "WRONGPASS invalid or missing auth token"));
  }

  /**
   * Answers with events.
   *
   * @param what {@code subscribe}, {@code psubscribe} or {@code monitor}
   * @param names of channels or patterns; of no meaning to {@code monitor}
   */
  private Future<Void> stream(Asked asked, String what, List<Bytes> names) {
    if (what.equals("monitor")) {
      Rules.expectAll(asked.role(), what);
      return streams.serve(
          asked.request(),
          asked.principal(),
          stream -> monitors.watch(asked.namespace(), stream::hear),
          List.of(Events.data("\"OK\"")));
    }
    boolean patterns = what.equals("psubscribe");
    Set<Bytes> wanted = Events.wanted(names);
    return streams.serve(
        asked.request(),
        asked.principal(),
        stream ->
            asked
                .database()
                .subscribe(
                    patterns ? Set.of() : wanted,
                    patterns ? wanted : Set.of(),
                    message -> stream.hear(Events.of(message))),
        Events.subscribed(names, patterns));
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

  /** A copy of the body as one argument; nothing if there is none. */
  private static List<Bytes> value(HttpServerRequest request, Body body) {
    boolean has =
        body.length() > 0
            && (request.method().equals(HttpMethod.POST)
                || request.method().equals(HttpMethod.PUT));
    return has ? List.of(Bytes.wrap(Arrays.copyOf(body.array(), body.length()))) : List.of();
  }

  private Future<Void> one(Asked asked, Command command) {
    return answer(
        asked,
        run(asked, List.of(command))
            .thenApply(replies -> Answer.of(replies.getFirst(), asked.format())));
  }

  private Future<Void> pipeline(Asked asked, List<Command> commands) {
    return answer(
        asked, run(asked, commands).thenApply(replies -> Answer.of(replies, asked.format())));
  }

  private CompletionStage<List<Reply>> run(Asked asked, List<Command> commands) {
    monitors.saw(asked.namespace(), asked.request(), commands);
    return Commands.run(asked.database(), commands, rules, asked.role());
  }

  private Future<Void> transaction(Asked asked, List<Command> commands) {
    monitors.saw(asked.namespace(), asked.request(), commands);
    Format json = asked.format().forTransaction();
    return answer(
        asked,
        Commands.transact(asked.database(), commands, rules, asked.role())
            .thenApply(reply ->
                reply instanceof Reply.Array(List<Reply> replies)
                    ? Answer.of(replies, json)
                    : Answer.of(reply, json)));
  }

  /** Answers once there is room for what is to be written. */
  private Future<Void> answer(Asked asked, CompletionStage<Answer> replies) {
    HttpServerRequest request = asked.request();
    CompletionStage<Answer> answer = replies.thenApply(this::arrived);
    Context context = vertx.getOrCreateContext();
    Connection connection = Connection.of(request.connection());
    return Future.fromCompletionStage(
            answer.thenCompose(arrived ->
                room.acquire(connection, arrived.size())
                    .thenCompose(permit -> written(arrived, permit))
                    .whenComplete((written, failure) -> waiting.addAndGet(-arrived.size()))),
            context)
        .compose(written ->
            written
                .answer()
                .send(request, written.body())
                .onComplete(sent -> written.permit().release()));
  }

  /** Replies of a store are copies, which must not fill the heap while they wait for room. */
  private Answer arrived(Answer answer) {
    if (waiting.addAndGet(answer.size()) > ARRIVED && databases.copies()) {
      waiting.addAndGet(-answer.size());
      throw new Refusal(503, "overloaded", "ERR too many large replies wait to be sent");
    }
    return answer;
  }

  /** An answer as bytes, and the permit to hold them until they are sent. */
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

  /** Sends an error in the words of Redis: each text begins with a word in capitals. */
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
    if (refusal.status() == 403 && !said.startsWith("NOPERM ")) {
      said = "NOPERM " + said;
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
