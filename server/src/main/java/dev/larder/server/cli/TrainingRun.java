package dev.larder.server.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
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
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * A training run (JEP 483): what clients do first, a connection, puts and lookups, an invalidation;
 * and then many puts and lookups at a time.
 */
final class TrainingRun implements WebSocket.Listener {
  private static final int ENTRIES = 50;
  private static final int VALUE_BYTES = 10_000;
  private static final int PATIENCE_SECONDS = 30;

  /** How many requests are sent at once, how often: until the JVM knows what a busy server does. */
  private static final int TOGETHER = 32;

  private static final int TIMES = 100;
  private static final int LOOKUPS_PER_PUT = 2;
  private static final TagSet TAGS = TagSet.of("products", "product:42");

  private final LinkedBlockingQueue<Response> answers = new LinkedBlockingQueue<>();
  private final ByteArrayOutputStream partial = new ByteArrayOutputStream();

  private TrainingRun() {}

  /**
   * Uses the server at that address.
   *
   * @throws IOException if it does not answer as it should
   */
  static void over(URI server) throws IOException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      http.send(
          HttpRequest.newBuilder(server.resolve("/v1/training")).build(),
          HttpResponse.BodyHandlers.discarding());
      var run = new TrainingRun();
      URI connect = URI.create("ws" + server.toString().substring(4) + "/v1/training/connect");
      WebSocket socket = http.newWebSocketBuilder().buildAsync(connect, run).join();
      run.play(socket);
      socket.abort();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private void play(WebSocket socket) throws IOException, InterruptedException {
    AsOf asOf =
        ask(
                socket,
                new Request.Hello(Protocol.VERSION, "training", AsOf.NONE),
                Response.Welcome.class)
            .asOf();
    for (int i = 0; i < ENTRIES; i++) {
      long lease = ask(socket, lookup(i), Response.Miss.class).lease();
      ask(socket, put(i, asOf, lease), Response.Stored.class);
      ask(socket, lookup(i), Response.Fresh.class);
    }
    ask(socket, new Request.Invalidate(TAGS, 0), Response.Invalidated.class);
    AsOf since = ask(socket, new Request.Refresh(asOf), Response.Refreshed.class).asOf();
    for (int i = 0; i < TIMES; i++) {
      int first = i * TOGETHER;
      List<Request> puts = together(first, n -> put(n, since, 0));
      ask(socket, puts, Response.Stored.class);
      for (int again = 0; again < LOOKUPS_PER_PUT; again++) {
        ask(socket, together(first, TrainingRun::lookup), Response.Fresh.class);
      }
    }
  }

  private static List<Request> together(int first, IntFunction<Request> request) {
    return IntStream.range(first, first + TOGETHER).mapToObj(request).toList();
  }

  private static Request lookup(int entry) {
    return new Request.Lookup(new Lookup(key(entry), TAGS, true, 1000));
  }

  private static Request put(int entry, AsOf asOf, long lease) {
    var life = new CacheLife(30, 900, CacheLife.NEVER);
    byte[] value = "<p>larder</p>".repeat(VALUE_BYTES / 13).getBytes(UTF_8);
    return new Request.Put(
        new Put(key(entry), asOf, lease, TAGS, life, 0, CacheEntry.checksum(value), value));
  }

  private static CacheKey key(int entry) {
    return CacheKey.of(("training " + entry).getBytes(UTF_8));
  }

  private <T extends Response> T ask(WebSocket socket, Request request, Class<T> expected)
      throws IOException, InterruptedException {
    return ask(socket, List.of(request), expected).getFirst();
  }

  /** The answers to requests that are sent in one message. */
  private <T extends Response> List<T> ask(
      WebSocket socket, List<Request> requests, Class<T> expected)
      throws IOException, InterruptedException {
    var message = new FrameWriter();
    for (int i = 0; i < requests.size(); i++) {
      message.write(new Frame(i + 1, requests.get(i)));
    }
    socket.sendBinary(message.message(), true).join();
    var answered = new ArrayList<T>();
    while (answered.size() < requests.size()) {
      Response answer = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (expected.isInstance(answer)) {
        answered.add(expected.cast(answer));
      } else if (!(answer instanceof Response.Pushed)) {
        throw new IOException("%s was answered with %s".formatted(requests.getFirst(), answer));
      }
    }
    return answered;
  }

  @Override
  public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    partial.writeBytes(bytes);
    if (last) {
      var reader = new FrameReader(ByteBuffer.wrap(partial.toByteArray()), Integer.MAX_VALUE);
      partial.reset();
      while (reader.hasNext()) {
        if (reader.next() instanceof FrameReader.Read.Good(Frame(int _, Response answer))) {
          answers.add(answer);
        }
      }
    }
    socket.request(1);
    return CompletableFuture.completedStage(null);
  }
}
