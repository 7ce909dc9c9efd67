package dev.larder.server;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheLife;
import dev.larder.core.Lookup;
import dev.larder.core.Put;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.FrameReader;
import dev.larder.core.wire.FrameWriter;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import dev.larder.testkit.Entries;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One WebSocket client, speaking frames with Larder's own codec. */
final class TestClient implements WebSocket.Listener, AutoCloseable {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final ScheduledExecutorService PULSE =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
  private static final int FRAME_LIMIT = 64 << 20;
  private static final int FRAGMENT = 256 << 10;
  static final int PATIENCE_SECONDS = 30;

  private final Map<Integer, CompletableFuture<Response>> unanswered = new ConcurrentHashMap<>();
  private final BlockingQueue<Response> unasked = new LinkedBlockingQueue<>();
  private final CompletableFuture<Integer> closed = new CompletableFuture<>();
  private final AtomicInteger ids = new AtomicInteger();
  private final ByteArrayOutputStream partial = new ByteArrayOutputStream();
  private final WebSocket socket;
  private @Nullable Future<?> pulse;

  private TestClient(URI server, String namespace, String... headers) {
    WebSocket.Builder builder = HTTP.newWebSocketBuilder();
    for (int i = 0; i < headers.length; i += 2) {
      builder.header(headers[i], headers[i + 1]);
    }
    String ws = server.toString().replaceFirst("^http", "ws");
    socket = builder.buildAsync(URI.create(ws + "/v1/" + namespace + "/connect"), this).join();
  }

  /** A connection, before its handshake. */
  static TestClient connect(URI server, String namespace, String... headers) {
    return new TestClient(server, namespace, headers);
  }

  /** A connection after its handshake, which keeps its heartbeat. */
  static TestClient welcomed(URI server, String namespace) {
    TestClient client = connect(server, namespace);
    int heartbeat = client.hello().heartbeat();
    client.pulse =
        PULSE.scheduleAtFixedRate(client::ping, heartbeat, heartbeat, TimeUnit.MILLISECONDS);
    return client;
  }

  Response.Welcome hello() {
    return (Response.Welcome) ask(new Request.Hello(Protocol.VERSION, "test", AsOf.NONE));
  }

  /** Sends a request. */
  CompletableFuture<Response> send(Request request) {
    int id = ids.incrementAndGet();
    var answer = new CompletableFuture<Response>();
    unanswered.put(id, answer);
    sendRaw(new FrameWriter().write(new Frame(id, request)).message());
    return answer;
  }

  private void ping() {
    var _ = send(new Request.Ping());
  }

  /** Sends a request and waits for its answer. */
  Response ask(Request request) {
    return await(send(request));
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
      throw new AssertionError("no answer", e);
    }
  }

  /** The next frame with request id 0. */
  Response nextUnasked() throws InterruptedException {
    Response next = unasked.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing was told");
    }
    return next;
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
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    partial.writeBytes(bytes);
    if (last) {
      var reader = new FrameReader(ByteBuffer.wrap(partial.toByteArray()), FRAME_LIMIT);
      partial.reset();
      while (reader.hasNext()) {
        if (reader.next() instanceof FrameReader.Read.Good(Frame(int id, Response answer))) {
          received(id, answer);
        } else {
          throw new IllegalStateException("the server sent no frame");
        }
      }
    }
    webSocket.request(1);
    return CompletableFuture.completedStage(null);
  }

  @Override
  public CompletionStage<?> onClose(WebSocket webSocket, int status, String reason) {
    closed.complete(status);
    fail(new IOException("the connection was closed with status " + status));
    return CompletableFuture.completedStage(null);
  }

  @Override
  public void onError(WebSocket webSocket, Throwable error) {
    closed.completeExceptionally(error);
    fail(error);
  }

  private void fail(Throwable error) {
    List.copyOf(unanswered.values()).forEach(answer -> answer.completeExceptionally(error));
  }

  /** Drops the connection without a word, as a killed process does. */
  void abort() {
    if (pulse != null) {
      pulse.cancel(false);
    }
    socket.abort();
  }

  @Override
  public void close() {
    abort();
  }

  private void received(int id, Response answer) {
    CompletableFuture<Response> waiting = unanswered.remove(id);
    if (waiting == null) {
      unasked.add(answer);
    } else {
      waiting.complete(answer);
    }
  }
}
