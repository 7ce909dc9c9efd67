package dev.larder.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.util.Base64;
import java.util.Collections;
import java.util.Map;

/**
 * What Redis over HTTP would cost if nothing had to be done: reads requests, and answers each with
 * what the first part of its path names.
 */
public final class ConstantServer {
  private ConstantServer() {}

  /** Serves until the process is ended; prints its port. */
  public static void main(String[] arguments) {
    String value = Base64.getEncoder().encodeToString("v".repeat(1024).getBytes(US_ASCII));
    String result = "{\"result\":\"%s\"}".formatted(value);
    Map<String, Buffer> answers =
        Map.of(
            "get", Buffer.buffer("[%s]".formatted(result)),
            "pipeline",
                Buffer.buffer("[%s]".formatted(String.join(",", Collections.nCopies(50, result)))),
            "limit", Buffer.buffer("[{\"result\":[999999999,1000000000]}]"));
    Vertx.vertx(new VertxOptions().setPreferNativeTransport(true))
        .createHttpServer()
        .requestHandler(request -> {
          Buffer answer = answers.get(request.uri().split("/", 3)[1]);
          request
              .body()
              .onSuccess(body ->
                  request
                      .response()
                      .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                      .end(answer));
        })
        .listen(0, "127.0.0.1")
        .onSuccess(server -> {
          System.out.println(server.actualPort());
          System.out.flush();
        });
  }
}
