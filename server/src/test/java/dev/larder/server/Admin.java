package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The JSON API of a server for its operators, asked as any program asks it.
 *
 * @param address of the server
 */
record Admin(URI address) {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  /** The answer of an address, which must be one. */
  JsonObject get(String path) throws IOException, InterruptedException {
    return answered(HttpRequest.newBuilder(address.resolve(path)).build());
  }

  /** The answer to something that is to be done, which must be done. */
  JsonObject post(String path, JsonObject body) throws IOException, InterruptedException {
    return answered(posted(path, body));
  }

  /** Why something is refused, which must be, with this status. */
  String refused(String path, int status) throws IOException, InterruptedException {
    return refused(HttpRequest.newBuilder(address.resolve(path)).build(), status);
  }

  /** Why something is not done, with this status. */
  String refused(String path, JsonObject body, int status)
      throws IOException, InterruptedException {
    return refused(posted(path, body), status);
  }

  /** The members of an array that are objects. */
  static List<JsonObject> objects(JsonObject answer, String member) {
    JsonArray array = answer.getJsonArray(member);
    return array.stream().map(JsonObject.class::cast).toList();
  }

  /** A text as a part of a path, or a parameter, has it. */
  static String coded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private HttpRequest posted(String path, JsonObject body) {
    return HttpRequest.newBuilder(address.resolve(path))
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
        .build();
  }

  private static JsonObject answered(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> answer = HTTP.send(request, BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return new JsonObject(answer.body());
  }

  private static String refused(HttpRequest request, int status)
      throws IOException, InterruptedException {
    HttpResponse<String> answer = HTTP.send(request, BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    return new JsonObject(answer.body()).getJsonObject("error").getString("message");
  }
}
