package dev.larder.server.http;

import dev.larder.server.socket.Connection;
import dev.larder.server.socket.Connections;
import dev.larder.server.socket.IncomingMemory;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.Arrays;

/**
 * The body of a request. Room is made for what has come, not for what was announced, and counted by
 * the incomingMemory until it is released. Used by one thread.
 */
public final class Body {
  /** How many times as much as has come there may be room for. */
  private static final int GROWTH = 4;

  /** The least room that is made, in bytes. */
  private static final int INITIAL = 16 << 10;

  private final Connection connection;
  private final IncomingMemory incomingMemory;
  private byte[] bytes = new byte[0];
  private int length;

  /** A body is released by whoever ends first, of several who might. */
  private boolean released;

  private Body(Connection connection, IncomingMemory incomingMemory) {
    this.connection = connection;
    this.incomingMemory = incomingMemory;
  }

  /**
   * The whole body, once it has come. Fails with a {@link Refusal} as soon as it is known to be
   * longer than {@code limit}, and if it does not come.
   *
   * <p>Room grows fourfold and never beyond the announced length or the limit, whichever is known.
   * When the memory for all bodies is over its bound, nothing is read from the connection until
   * there is room again.
   *
   * <p>Fails with 413 {@code too-large} or 408 {@code timeout}; the latter if bytes come slower
   * than {@link dev.larder.server.socket.Connections#PACE}.
   */
  static Future<Body> of(HttpServerRequest request, IncomingMemory incomingMemory, int limit) {
    Connection connection = Connection.of(request.connection());
    var body = new Body(connection, incomingMemory);
    Promise<Body> whole = Promise.promise();
    long announced = announced(request);
    if (announced > limit) {
      return Future.failedFuture(tooLarge(limit));
    }
    int most = announced < 0 ? limit : (int) announced;
    connection.awaitBody(() -> {
      request.pause();
      whole.tryFail(
          new Refusal(
              408,
              "timeout",
              "a body that does not come; expected its bytes at %d KiB/s or more"
                  .formatted(Connections.PACE >> 10)));
    });
    request.exceptionHandler(whole::tryFail);
    request.handler(chunk -> {
      if (body.length + (long) chunk.length() > limit) {
        request.pause();
        whole.tryFail(tooLarge(limit));
      } else {
        body.add(chunk, most);
      }
    });
    request.endHandler(end -> {
      connection.enter(Connection.Phase.WORK);
      whole.tryComplete(body);
    });
    request.resume();
    return whole.future().onFailure(failure -> body.release());
  }

  private static Refusal tooLarge(int limit) {
    return new Refusal(413, "too-large", "a body over the limit of %d bytes".formatted(limit));
  }

  /**
   * The {@code Content-Length} in bytes; -1 for a chunked body. Netty has refused what is no
   * number.
   */
  private static long announced(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    return length == null ? -1 : Long.parseLong(length);
  }

  private void add(Buffer chunk, int most) {
    int needed = length + chunk.length();
    if (needed > bytes.length) {
      long room = Math.min(Math.max(INITIAL, (long) needed * GROWTH), Math.max(needed, most));
      int before = bytes.length;
      bytes = Arrays.copyOf(bytes, (int) room);
      if (incomingMemory.took(connection, room - before)) {
        connection.crowd();
      }
    }
    chunk.getBytes(bytes, length);
    length = needed;
  }

  /** Its bytes, and some that are not. */
  public byte[] array() {
    return bytes;
  }

  /** How many bytes it has. */
  public int length() {
    return length;
  }

  /** Its bytes, not a copy. */
  Buffer buffer() {
    return BufferInternal.buffer(Unpooled.wrappedBuffer(bytes, 0, length));
  }

  /** Its bytes are not needed any more. Only the first call counts. */
  public void release() {
    if (!released) {
      released = true;
      incomingMemory.done(connection, bytes.length);
    }
  }
}
