package dev.larder.server;

import static java.util.Objects.requireNonNull;

import dev.larder.client.protocol.Call;
import dev.larder.client.protocol.Conversation;
import dev.larder.client.protocol.Event;
import dev.larder.client.protocol.Fragment;
import dev.larder.client.protocol.History;
import dev.larder.client.protocol.Leases;
import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheLife;
import dev.larder.core.Identity;
import dev.larder.core.Lookup;
import dev.larder.core.Put;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import dev.larder.testkit.Entries;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One WebSocket client, which speaks by the {@link Conversation} of Larder's clients, and can send
 * what no client should.
 */
final class TestClient implements WebSocket.Listener, AutoCloseable {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final ScheduledExecutorService TICKS =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
  private static final InstantSource CLOCK = InstantSource.system();
  private static final int FRAGMENT = 256 << 10;
  static final int PATIENCE_SECONDS = 30;
  private static final Request.Hello HELLO = new Request.Hello(Protocol.VERSION, "test", AsOf.NONE);

  /** Tests wait as long as they want to themselves. */
  private static final long EVER = TimeUnit.HOURS.toMillis(1);

  private final Map<Integer, CompletableFuture<Response>> unanswered = new ConcurrentHashMap<>();
  private final BlockingQueue<Response> unasked = new LinkedBlockingQueue<>();
  private final CompletableFuture<Response.Welcome> welcome = new CompletableFuture<>();
  private final CompletableFuture<Integer> closed = new CompletableFuture<>();
  private final WebSocket socket;

  /** Used under its own lock, which nobody holds while something is sent. */
  private final Conversation conversation =
      new Conversation(HELLO, Identity.NONE, EVER, new History(), new Leases(), CLOCK);

  private TestClient(URI server, String namespace, String... headers) {
    WebSocket.Builder builder = HTTP.newWebSocketBuilder();
    for (int i = 0; i < headers.length; i += 2) {
      builder.header(headers[i], headers[i + 1]);
    }
    String ws = server.toString().replaceFirst("^http", "ws");
    socket = builder.buildAsync(URI.create(ws + "/v1/" + namespace + "/connect"), this).join();
  }

  /** A connection, before its handshake. It keeps no heartbeat. */
  static TestClient connect(URI server, String namespace, String... headers) {
    return new TestClient(server, namespace, headers);
  }

  /**
   * A connection, as soon as the server and its store have recovered: until then it answers 503.
   */
  static TestClient connectWhenReady(URI server, String namespace) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (true) {
      try {
        return connect(server, namespace);
      } catch (CompletionException e) {
        if (!(e.getCause() instanceof WebSocketHandshakeException refused)
            || refused.getResponse().statusCode() != 503
            || System.nanoTime() > deadline) {
          throw e;
        }
        Thread.sleep(50);
      }
    }
  }

  /** A connection after its handshake, which keeps its heartbeat. */
  static TestClient welcomed(URI server, String namespace, String... headers) {
    TestClient client = connect(server, namespace, headers);
    client.hello();
    client.tickLater();
    return client;
  }

  private void tickLater() {
    long moment;
    synchronized (conversation) {
      moment = conversation.wakeAt();
    }
    if (moment < Long.MAX_VALUE) {
      long wait = Math.max(1, moment - CLOCK.millis());
      var _ = TICKS.schedule(this::tick, wait, TimeUnit.MILLISECONDS);
    }
  }

  private void tick() {
    advance(conversation::tick);
    try {
      sendAll();
    } finally {
      tickLater();
    }
  }

  /** Begins the handshake; completes when it is done. */
  CompletableFuture<Response.Welcome> greet() {
    sendAll();
    return welcome;
  }

  /** The answer to the handshake, or to another one on the same connection. */
  Response.Welcome hello() {
    return welcome.isDone() ? (Response.Welcome) ask(HELLO) : await(greet());
  }

  /** Sends a request. */
  CompletableFuture<Response> send(Request request) {
    var answer = new CompletableFuture<Response>();
    advance(() -> unanswered.put(conversation.ask(request, EVER).id(), answer));
    sendAll();
    return answer;
  }

  /** Sends a request and waits for its answer. */
  Response ask(Request request) {
    return await(send(request));
  }

  /** Does something in the conversation, and deals with what happens by it. */
  private void advance(Runnable step) {
    var events = new ArrayList<Event>();
    synchronized (conversation) {
      step.run();
      for (var event = conversation.event(); event.isPresent(); event = conversation.event()) {
        events.add(event.orElseThrow());
      }
    }
    events.forEach(this::happened);
  }

  private void happened(Event event) {
    switch (event) {
      case Event.Opened opened -> welcome.complete(opened.welcome());
      case Event.Answered answered -> asker(answered.call()).complete(answered.answer());
      case Event.Unanswered lost ->
          asker(lost.call())
              .completeExceptionally(new IOException("not answered: " + lost.reason()));
      case Event.Pushed pushed -> unasked.add(pushed.pushed());
      case Event.Leaving leaving -> unasked.add(new Response.Leaving());
      case Event.Complained complained -> unasked.add(complained.failure());
      case Event.Ended ended ->
          welcome.completeExceptionally(new IOException(ended.cause() + ": " + ended.why()));
      case Event.Refreshed refreshed -> {}
      case Event.LeaseLost lost -> {}
    }
  }

  private CompletableFuture<Response> asker(Call call) {
    return requireNonNull(unanswered.remove(call.id()));
  }

  /** Sends what the conversation has to send, in order. */
  private synchronized void sendAll() {
    for (Optional<Fragment> part = outgoing(); part.isPresent(); part = outgoing()) {
      socket.sendBinary(part.orElseThrow().bytes(), part.orElseThrow().last()).join();
    }
  }

  private Optional<Fragment> outgoing() {
    synchronized (conversation) {
      return conversation.outgoing();
    }
  }

  /** Sends bytes as one binary message, in fragments if there are many. */
  synchronized void sendRaw(ByteBuffer message) {
    while (message.remaining() > FRAGMENT) {
      socket.sendBinary(message.slice(message.position(), FRAGMENT), false).join();
      message.position(message.position() + FRAGMENT);
    }
    socket.sendBinary(message, true).join();
  }

  /** Sends bytes as the beginning of a message. */
  synchronized void sendFragment(ByteBuffer beginning) {
    socket.sendBinary(beginning, false).join();
  }

  synchronized void sendText(String text) {
    socket.sendText(text, true).join();
  }

  static <T> T await(CompletableFuture<T> answer) {
    try {
      return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("no answer: " + e, e);
    }
  }

  /** The next frame with request id 0. */
  Response nextUnasked() throws InterruptedException {
    Response next = unasked.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("the server sent nothing");
    }
    return next;
  }

  /** Says who it is, as the adapter of a Next.js process does. */
  void identify(String instance, String host, String build) {
    ask(
        new Request.Identify(
            new Identity(
                instance,
                host,
                7,
                "@larder/next 0.1.0",
                "next 16",
                "node 22",
                build,
                "strict",
                "websocket")));
  }

  /** A namespace that nothing else uses. */
  static String freshNamespace() {
    return "namespace-" + UUID.randomUUID();
  }

  /** The value of a fresh entry, which the answer must be, as text. */
  static String text(Response answer) {
    return new String(((Response.Fresh) answer).entry().value(), StandardCharsets.UTF_8);
  }

  Response lookup(String key, long wait, String... softTags) {
    return ask(lookupRequest(key, wait, softTags));
  }

  static Request lookupRequest(String key, long wait, String... softTags) {
    return new Request.Lookup(new Lookup(Entries.key(key), TagSet.of(softTags), true, wait));
  }

  Response put(String key, AsOf asOf, long lease, String value, String... tags) {
    return ask(putRequest(key, asOf, lease, value, tags));
  }

  static Request putRequest(String key, AsOf asOf, long lease, String value, String... tags) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    return new Request.Put(
        new Put(
            Entries.key(key),
            asOf,
            lease,
            TagSet.of(tags),
            new CacheLife(30, 900, CacheLife.NEVER),
            0,
            CacheEntry.checksum(bytes),
            bytes));
  }

  AsOf invalidate(String... tags) {
    return ((Response.Invalidated) ask(new Request.Invalidate(TagSet.of(tags), 0))).asOf();
  }

  /** The status the server closed the connection with. */
  int closedWith() {
    return await(closed);
  }

  @Override
  public CompletionStage<?> onBinary(WebSocket webSocket, ByteBuffer data, boolean last) {
    advance(() -> conversation.received(data, last));
    webSocket.request(1);
    return CompletableFuture.completedStage(null);
  }

  @Override
  public CompletionStage<?> onClose(WebSocket webSocket, int status, String reason) {
    closed.complete(status);
    advance(() -> conversation.close("the connection was closed with status " + status));
    return CompletableFuture.completedStage(null);
  }

  @Override
  public void onError(WebSocket webSocket, Throwable error) {
    closed.completeExceptionally(error);
    advance(() -> conversation.close(String.valueOf(error)));
  }

  /** Drops the connection without a word, as a killed process does. */
  void abort() {
    socket.abort();
    advance(() -> conversation.close("dropped"));
  }

  @Override
  public void close() {
    abort();
  }
}
