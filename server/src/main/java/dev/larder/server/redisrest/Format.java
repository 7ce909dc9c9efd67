package dev.larder.server.redisrest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import dev.larder.redis.engine.resp.RespWriter;
import dev.larder.server.http.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * How replies are written.
 *
 * <p>In JSON a reply is {@code {"result": ...}} or {@code {"error": "..."}}, several are an array
 * of these. A number beyond 2^53 - 1 is written as a string, since JavaScript would round it.
 */
enum Format {
  /** Strings as text: bytes that are no UTF-8 are lost. */
  JSON,
  /** Strings in base64, {@code OK} as it is. */
  BASE64,
  /** As on a connection to Redis. */
  RESP2;

  /**
   * The most bytes of replies of a request, as they are before they are written.
   *
   * <p>A sixteenth of the heap, from 8 to 32 MiB.
   */
  static final long MOST = Math.clamp(Runtime.getRuntime().maxMemory() / 16, 8L << 20, 32L << 20);

  private static final JsonFactory FACTORY = new JsonFactory();

  /** {@code Number.MAX_SAFE_INTEGER} of JavaScript. */
  private static final long LARGEST_NUMBER = (1L << 53) - 1;

  /**
   * The one a request asks for.
   *
   * <p>By the headers {@code Upstash-Response-Format}, {@code json} or {@code resp2}, and {@code
   * Upstash-Encoding: base64}, which only goes with JSON. Case does not matter.
   *
   * @throws Refusal if there is no such format
   */
  static Format of(HttpServerRequest request) {
    boolean base64 = "base64".equalsIgnoreCase(request.getHeader("upstash-encoding"));
    String given = request.getHeader("upstash-response-format");
    if (given == null || given.equalsIgnoreCase("json")) {
      return base64 ? BASE64 : JSON;
    }
    if (!given.equalsIgnoreCase("resp2")) {
      throw new Refusal(
          400, "invalid-value", "ERR unknown Upstash-Response-Format; expected json or resp2");
    }
    if (base64) {
      throw new Refusal(
          400, "invalid-value", "ERR Upstash-Encoding: base64 is not for the resp2 format");
    }
    return RESP2;
  }

  /** The same, but for transactions, which are answered in JSON. */
  Format forTransaction() {
    return this == RESP2 ? JSON : this;
  }

  /** Its content type. */
  String contentType() {
    return this == RESP2 ? "application/octet-stream" : "application/json";
  }

  /** Writes a reply to one command. */
  Buffer one(Reply reply) {
    return this == RESP2
        ? Buffer.buffer(RespWriter.bytesOf(reply))
        : json(size(reply), generator -> writeItem(generator, reply));
  }

  /** A reply, or an error in its place if there is no room for it. */
  static Reply bounded(Reply reply) {
    return size(reply) > MOST ? tooLarge() : reply;
  }

  /**
   * Replies with errors in place of those that there is no room for.
   *
   * <p>In their order: a small one after one that was too large is still answered.
   */
  static List<Reply> bounded(List<Reply> replies) {
    long left = MOST;
    var bounded = new ArrayList<Reply>(replies.size());
    for (Reply reply : replies) {
      long size = size(reply);
      bounded.add(size > left ? tooLarge() : reply);
      left -= size > left ? 0 : size;
    }
    return bounded;
  }

  /** Writes replies to several commands. */
  Buffer several(List<Reply> replies) {
    if (this == RESP2) {
      return Buffer.buffer(RespWriter.bytesOf(Reply.of(replies)));
    }
    return json(
        size(Reply.of(replies)),
        generator -> {
          generator.writeStartArray();
          for (Reply reply : replies) {
            writeItem(generator, reply);
          }
          generator.writeEndArray();
        });
  }

  private static Reply tooLarge() {
    return new Reply.SimpleError("ERR max response size exceeded. Limit: %d bytes".formatted(MOST));
  }

  /**
   * How many bytes a reply has, roughly, before it is written.
   *
   * <p>16 bytes for each reply and item, and those of its strings.
   */
  static long size(Reply reply) {
    return switch (reply) {
      case Reply.BulkString(Bytes value) -> 16 + value.length();
      case Reply.Array(var items) -> 16 + items.stream().mapToLong(Format::size).sum();
      default -> 16;
    };
  }

  @FunctionalInterface
  private interface Writing {
    void to(JsonGenerator generator) throws IOException;
  }

  /**
   * What {@code writing} writes.
   *
   * @param size of the replies, in bytes, by which room is made
   */
  private static Buffer json(long size, Writing writing) {
    // With room for base64, so that nothing large is copied.
    ByteBuf bytes = Unpooled.buffer((int) (size / 3 * 4) + 256);
    OutputStream stream = new ByteBufOutputStream(bytes);
    try (JsonGenerator generator = FACTORY.createGenerator(stream)) {
      writing.to(generator);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return BufferInternal.buffer(bytes);
  }

  private void writeItem(JsonGenerator generator, Reply reply) throws IOException {
    generator.writeStartObject();
    if (reply instanceof Reply.SimpleError(Bytes text)) {
      generator.writeStringField("error", text.toString());
    } else {
      generator.writeFieldName("result");
      write(generator, reply);
    }
    generator.writeEndObject();
  }

  private void write(JsonGenerator generator, Reply reply) throws IOException {
    switch (reply) {
      case Reply.SimpleString(Bytes text) when text.equals(Bytes.of("OK")) ->
          generator.writeString("OK");
      case Reply.SimpleString(Bytes text) -> write(generator, text);
      case Reply.BulkString(Bytes value) -> write(generator, value);
      // An array has errors in it if a script makes them.
      case Reply.SimpleError(Bytes text) -> generator.writeString(text.toString());
      case Reply.Int(long value)
          when Math.abs(value) <= LARGEST_NUMBER && value != Long.MIN_VALUE ->
          generator.writeNumber(value);
      case Reply.Int(long value) -> write(generator, Bytes.of(value));
      case Reply.Nil() -> generator.writeNull();
      case Reply.NilArray() -> generator.writeNull();
      case Reply.Array(var items) -> {
        generator.writeStartArray();
        for (Reply item : items) {
          write(generator, item);
        }
        generator.writeEndArray();
      }
    }
  }

  private void write(JsonGenerator generator, Bytes value) throws IOException {
    if (this == BASE64) {
      generator.writeBinary(value.array());
    } else {
      generator.writeString(value.toString());
    }
  }
}
