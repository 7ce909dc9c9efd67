package dev.larder.server.redisrest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import dev.larder.redis.engine.resp.RespWriter;
import dev.larder.server.http.Refusal;
import io.vertx.core.http.HttpServerRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** How replies are written. */
enum Format {
  /** Strings as text: bytes that are no UTF-8 are lost. */
  JSON,
  /** Strings in base64, {@code OK} as it is. */
  BASE64,
  /** As on a connection to Redis. */
  RESP2;

  /** The most bytes of replies of a request, as they are before they are written. */
  static final long MOST = 32L << 20;

  private static final JsonFactory FACTORY = new JsonFactory();
  private static final long LARGEST_NUMBER = (1L << 53) - 1;

  /**
   * The one a request asks for.
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

  /** A reply to one command. */
  byte[] one(Reply reply) {
    return this == RESP2
        ? RespWriter.bytesOf(reply)
        : json(generator -> writeItem(generator, reply));
  }

  /** A reply, or an error in its place if there is no room for it. */
  static Reply bounded(Reply reply) {
    return size(reply) > MOST ? tooLarge() : reply;
  }

  /** Replies to several; those that there is no room for are errors. */
  byte[] several(List<Reply> replies) {
    long left = MOST;
    Reply[] bounded = new Reply[replies.size()];
    for (int i = 0; i < bounded.length; i++) {
      long size = size(replies.get(i));
      bounded[i] = size > left ? tooLarge() : replies.get(i);
      left -= size > left ? 0 : size;
    }
    if (this == RESP2) {
      return RespWriter.bytesOf(Reply.of(List.of(bounded)));
    }
    return json(generator -> {
      generator.writeStartArray();
      for (Reply reply : bounded) {
        writeItem(generator, reply);
      }
      generator.writeEndArray();
    });
  }

  /** An error, as all formats have it. */
  static byte[] error(String text) {
    return JSON.one(new Reply.SimpleError(text));
  }

  private static Reply tooLarge() {
    return new Reply.SimpleError("ERR max response size exceeded. Limit: %d bytes".formatted(MOST));
  }

  private static long size(Reply reply) {
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

  private static byte[] json(Writing writing) {
    var bytes = new ByteArrayOutputStream(256);
    try (JsonGenerator generator = FACTORY.createGenerator(bytes)) {
      writing.to(generator);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
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
