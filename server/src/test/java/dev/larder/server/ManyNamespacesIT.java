package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of one namespace does not take longer for all the others there are. */
class ManyNamespacesIT {
  private static final int NAMESPACES = 400;
  private static final int QUESTIONS = 400;

  @TempDir private Path temporary = Path.of("");

  @Test
  void describingOneAmongHundredsTakesNoLonger() throws Exception {
    try (ServerProcess many = ServerProcess.start(temporary.resolve("many/data"));
        ServerProcess one = ServerProcess.start(temporary.resolve("one/data"));
        HttpClient http = HttpClient.newHttpClient()) {
      for (int i = 0; i < NAMESPACES; i++) {
        fill(many, "shop" + i);
      }
      fill(one, "shop0");
      var ofMany = new double[QUESTIONS];
      var ofOne = new double[QUESTIONS];
      // The first answers of a process take longer, whatever they are about.
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < QUESTIONS; i++) {
          ofMany[i] = millis(http, many.address().resolve("/v1/shop" + i % NAMESPACES));
          ofOne[i] = millis(http, one.address().resolve("/v1/shop0"));
        }
      }
      System.out.printf(
          "GET /v1/{namespace}: %.2f ms over %d namespaces, %.2f ms over one (medians of %d)%n",
          median(ofMany), NAMESPACES, median(ofOne), QUESTIONS);
      assertThat(median(ofMany)).isLessThan(3 * median(ofOne) + 1);
    }
  }

  private static void fill(ServerProcess server, String namespace) {
    try (TestClient client = TestClient.welcomed(server.address(), namespace)) {
      AsOf asOf = client.invalidate("a");
      client.put("key", asOf, 0, "value", "a");
    }
  }

  private static double millis(HttpClient http, URI address)
      throws IOException, InterruptedException {
    long began = System.nanoTime();
    HttpResponse<String> answer =
        http.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
    long took = System.nanoTime() - began;
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains("\"entries\":1");
    return took / 1e6;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
