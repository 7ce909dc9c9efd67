package dev.larder.server.redisrest;

import dev.larder.redis.engine.resp.Reply;
import dev.larder.server.socket.Connection;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.buffer.BufferInternal;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What is sent for a request.
 *
 * @param status of HTTP
 * @param contentType of the body
 * @param body the body, which nobody changes
 */
@SuppressWarnings("ArrayRecordComponent")
record Answer(int status, String contentType, byte[] body) {
  /** Where it is told apart from an earlier server, to a client that kept its tokens. */
  private static final String SERVER = HexFormat.of().toHexDigits(new SecureRandom().nextInt());

  private static final AtomicLong TOKENS = new AtomicLong();

  /** Of one command. */
  static Answer of(Reply reply, Format format) {
    int status = reply instanceof Reply.SimpleError ? 400 : 200;
    return new Answer(status, format.contentType(), format.one(reply));
  }

  /** Of several commands. */
  static Answer of(List<Reply> replies, Format format) {
    return new Answer(200, format.contentType(), format.several(replies));
  }

  /** Of a request that reached no database. */
  static Answer error(int status, String text) {
    return new Answer(status, Format.JSON.contentType(), Format.error(text));
  }

  /** One that no client has seen. */
  static String syncToken() {
    return SERVER + "-" + Long.toString(TOKENS.incrementAndGet(), Character.MAX_RADIX);
  }

  /** Sends it. */
  Future<Void> send(HttpServerRequest request) {
    if (request.response().closed()) {
      return Future.succeededFuture();
    }
    Connection connection = Connection.of(request.connection());
    connection.sending(body.length);
    return request
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, contentType)
        .putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length))
        .putHeader("upstash-sync-token", syncToken())
        .end(BufferInternal.buffer(Unpooled.wrappedBuffer(body)))
        .onComplete(sent -> connection.sent(body.length));
  }
}
