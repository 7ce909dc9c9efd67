package dev.larder.server.redisrest;

import dev.larder.redis.engine.resp.Reply;
import dev.larder.server.socket.Connection;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What is sent for a request.
 *
 * <p>Every answer has a header {@code upstash-sync-token}, as clients of Upstash expect it; this
 * server has one copy of the data and asks nothing of a token that comes back.
 *
 * @param status of HTTP
 * @param format how it is written
 * @param replies what is to be written
 * @param several whether it is written as an array, even of one reply
 */
record Answer(int status, Format format, List<Reply> replies, boolean several) {
  /** Where it is told apart from an earlier server, to a client that kept its tokens. */
  private static final String SERVER = HexFormat.of().toHexDigits(new SecureRandom().nextInt());

  private static final AtomicLong TOKENS = new AtomicLong();

  /**
   * Of one command.
   *
   * <p>Status 400 if the reply is an error, as Upstash has it; else 200.
   */
  static Answer of(Reply reply, Format format) {
    Reply bounded = Format.bounded(reply);
    int status = bounded instanceof Reply.SimpleError ? 400 : 200;
    return new Answer(status, format, List.of(bounded), false);
  }

  /**
   * Of several commands.
   *
   * <p>Status 200, whatever the replies are: each error is in its place.
   */
  static Answer of(List<Reply> replies, Format format) {
    return new Answer(200, format, Format.bounded(replies), true);
  }

  /**
   * Of a request that reached no database.
   *
   * <p>Always in JSON: {@code {"error": text}}.
   */
  static Answer error(int status, String text) {
    return new Answer(status, Format.JSON, List.of(new Reply.SimpleError(text)), false);
  }

  /** One that no client has seen. */
  static String syncToken() {
    return SERVER + "-" + Long.toString(TOKENS.incrementAndGet(), Character.MAX_RADIX);
  }

  /**
   * How many bytes the replies have, roughly.
   *
   * <p>As {@link Format#size}: by it memory is counted before anything is written.
   */
  long size() {
    return replies.stream().mapToLong(Format::size).sum();
  }

  /** The body. */
  Buffer written() {
    return several ? format.several(replies) : format.one(replies.getFirst());
  }

  /**
   * Sends it with its body.
   *
   * <p>Nothing is sent to a client that has gone. Called on the event loop of the request.
   */
  Future<Void> send(HttpServerRequest request, Buffer body) {
    if (request.response().closed()) {
      return Future.succeededFuture();
    }
    Connection connection = Connection.of(request.connection());
    int length = body.length();
    connection.sending(length);
    return request
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, format.contentType())
        .putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(length))
        .putHeader("upstash-sync-token", syncToken())
        .end(body)
        .onComplete(sent -> connection.sent(length));
  }
}
