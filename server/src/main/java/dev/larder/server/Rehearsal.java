package dev.larder.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Lookup;
import dev.larder.core.Put;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Answer;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.FrameReader;
import dev.larder.core.wire.FrameWriter;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.Request;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What clients do first, done once: a connection, puts and lookups, an invalidation. */
final class Rehearsal implements WebSocket.Listener {
  private static final int ENTRIES = 50;
  private static final int VALUE_BYTES = 10_000;
  private static final int PATIENCE_SECONDS = 30;
  private static final TagSet TAGS = TagSet.of("products", "product:42");

  private final LinkedBlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
  private final ByteArrayOutputStream partial = new ByteArrayOutputStream();

  private Rehearsal() {}

  /**
   * Rehearses with the server at that address.
   *
   * @throws IOException if it does not answer as it should
   */
  static void with(URI server) throws IOException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      http.send(
          HttpRequest.newBuilder(server.resolve("/v1/rehearsal")).build(),
          HttpResponse.BodyHandlers.discarding());
      var rehearsal = new Rehearsal();
      URI connect = URI.create("ws" + server.toString().substring(4) + "/v1/rehearsal/connect");
      WebSocket socket = http.newWebSocketBuilder().buildAsync(connect, rehearsal).join();
      rehearsal.play(socket);
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
                new Request.Hello(Protocol.VERSION, "rehearsal", AsOf.NONE),
                Answer.Welcome.class)
            .asOf();
    byte[] value = "<p>larder</p>".repeat(VALUE_BYTES / 13).getBytes(UTF_8);
    var life = new CacheLife(30, 900, CacheLife.NEVER);
    for (int i = 0; i < ENTRIES; i++) {
      CacheKey key = CacheKey.of(("rehearsal " + i).getBytes(UTF_8));
      var lookup = new Request.Lookup(new Lookup(key, TAGS, true, 1000));
      long lease = ask(socket, lookup, Answer.Miss.class).lease();
      var put = new Put(key, asOf, lease, TAGS, life, 0, CacheEntry.checksum(value), value);
      ask(socket, new Request.Put(put), Answer.Stored.class);
      ask(socket, lookup, Answer.Fresh.class);
    }
    ask(socket, new Request.Invalidate(TAGS, 0), Answer.Invalidated.class);
    ask(socket, new Request.Refresh(asOf), Answer.Refreshed.class);
  }

  private <T extends Answer> T ask(WebSocket socket, Request request, Class<T> expected)
      throws IOException, InterruptedException {
    socket.sendBinary(new FrameWriter().write(new Frame(1, request)).message(), true).join();
    while (true) {
      Answer answer = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (expected.isInstance(answer)) {
        return expected.cast(answer);
      }
      if (!(answer instanceof Answer.Pushed)) {
        throw new IOException("%s was answered with %s".formatted(request, answer));
      }
    }
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
        if (reader.next() instanceof FrameReader.Read.Good(Frame(int _, Answer answer))) {
          answers.add(answer);
        }
      }
    }
    socket.request(1);
    return CompletableFuture.completedStage(null);
  }
}
