package dev.larder.server.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.client.protocol.Call;
import dev.larder.client.protocol.Conversation;
import dev.larder.client.protocol.Event;
import dev.larder.client.protocol.Fragment;
import dev.larder.client.protocol.History;
import dev.larder.client.protocol.Leases;
import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Identity;
import dev.larder.core.Lookup;
import dev.larder.core.Put;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * A training run (JEP 483): what clients do first, a connection, puts and lookups, an invalidation;
 * and then many puts and lookups at a time. It is a program of its own: what it loads is nothing a
 * server loads.
 *
 * <p>One thread asks and one hears; the conversation is used under the lock of this.
 */
final class TrainingRun implements WebSocket.Listener {
  /** How many entries are looked up, stored and looked up again, one at a time. */
  private static final int ENTRIES = 50;

  /** About; the size of a small page. */
  private static final int VALUE_BYTES = 10_000;

  /** For how long an answer is waited for, in s. */
  private static final int PATIENCE_SECONDS = 30;

  private static final long PATIENCE_MILLIS = TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS);

  /** How many requests are sent at once, how often: until the JVM knows what a busy server does. */
  private static final int TOGETHER = 32;

  private static final int TIMES = 100;
  private static final int LOOKUPS_PER_PUT = 2;
  private static final TagSet TAGS = TagSet.of("products", "product:42");

  /** What has come and was not looked at yet, in order. */
  private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();

  private final History history = new History();
  private final Conversation conversation =
      new Conversation(
          new Request.Hello(Protocol.VERSION, "training", AsOf.NONE),
          Identity.NONE,
          PATIENCE_MILLIS,
          history,
          new Leases(),
          InstantSource.system());

  private TrainingRun() {}

  /**
   * Uses the server at the address that is the argument.
   *
   * @throws IOException if it does not answer as it should
   */
  static void main(String[] arguments) throws IOException {
    over(URI.create(arguments[0]));
  }

  private static void over(URI server) throws IOException {
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

  /**
   * Plays the client's part. Every answer is compared with the kind that is expected: a cache of a
   * server that only refused would train the wrong code.
   */
  private void play(WebSocket socket) throws IOException, InterruptedException {
    send(socket);
    if (!(events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS) instanceof Event.Opened)) {
      throw new IOException("the server did not say WELCOME");
    }
    for (int i = 0; i < ENTRIES; i++) {
      long lease = ask(socket, lookup(i), Response.Miss.class).lease();
      ask(socket, put(i, lease), Response.Stored.class);
      ask(socket, lookup(i), Response.Fresh.class);
    }
    ask(socket, new Request.Invalidate(TAGS, 0), Response.Invalidated.class);
    ask(socket, new Request.Refresh(AsOf.NONE), Response.Refreshed.class);
    for (int i = 0; i < TIMES; i++) {
      int first = i * TOGETHER;
      ask(socket, together(first, n -> put(n, 0)), Response.Stored.class);
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

  /** A put as of the newest history known here; {@code lease} is 0 where none is held. */
  private synchronized Request put(int entry, long lease) {
    var life = new CacheLife(30, 900, CacheLife.NEVER);
    byte[] value = "<p>larder</p>".repeat(VALUE_BYTES / 13).getBytes(UTF_8);
    AsOf asOf = history.latest();
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
    synchronized (this) {
      requests.forEach(request -> conversation.ask(request, PATIENCE_MILLIS));
    }
    send(socket);
    var answered = new ArrayList<T>();
    while (answered.size() < requests.size()) {
      Event event = events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (event instanceof Event.Answered(Call _, Response answer) && expected.isInstance(answer)) {
        answered.add(expected.cast(answer));
      } else if (!(event instanceof Event.Pushed || event instanceof Event.Refreshed)) {
        throw new IOException("%s was answered with %s".formatted(requests.getFirst(), event));
      }
    }
    return answered;
  }

  /** Sends what the conversation has to send, fragment by fragment. */
  private void send(WebSocket socket) {
    for (Optional<Fragment> part = next(); part.isPresent(); part = next()) {
      socket.sendBinary(part.orElseThrow().bytes(), part.orElseThrow().last()).join();
    }
  }

  private synchronized Optional<Fragment> next() {
    return conversation.outgoing();
  }

  @Override
  public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
    synchronized (this) {
      conversation.received(data, last);
      for (var event = conversation.event(); event.isPresent(); event = conversation.event()) {
        events.add(event.orElseThrow());
      }
    }
    socket.request(1);
    return CompletableFuture.completedStage(null);
  }
}
