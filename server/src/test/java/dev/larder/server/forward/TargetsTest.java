package dev.larder.server.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What each kind of target is asked, byte by byte. */
class TargetsTest {
  private static final Map<String, String> SECRETS =
      Map.of("LARDER_CLOUDFLARE_TOKEN", "cf-secret", "LARDER_FASTLY_KEY", "fastly-secret");

  @TempDir private Path temporary = Path.of("");

  @Test
  void tagsAreThoseOfTheAdapter() throws Exception {
    try (InputStream golden =
        Objects.requireNonNull(
            TargetsTest.class.getResourceAsStream("/dev/larder/testkit/golden/cdn-tags.json"))) {
      var rows = new JsonArray(new String(golden.readAllBytes(), StandardCharsets.UTF_8));
      assertThat(rows).isNotEmpty();
      for (Object row : rows) {
        var json = (JsonObject) row;
        assertThat(CdnTag.of(json.getString("tag"))).isEqualTo(json.getString("cdn"));
      }
    }
  }

  @Test
  void aWebhookIsSigned() {
    var hook =
        Webhook.at(
            URI.create("http://hooks.example/x"),
            Optional.of("secret"),
            () -> Instant.ofEpochSecond(1_700_000_000));
    HttpRequest request = hook.request(purge(OptionalLong.of(60), "a", "b"));
    assertThat(request.method()).isEqualTo("POST");
    String body = body(request);
    assertThat(new JsonObject(body))
        .isEqualTo(
            new JsonObject(
                "{\"namespace\":\"shop\",\"revision\":7,\"tags\":[\"a\",\"b\"],\"expire\":60}"));
    // As 'openssl dgst -sha256 -hmac secret' makes it of "1700000000." and the body.
    assertThat(request.headers().firstValue("x-larder-signature").orElseThrow())
        .matches("t=1700000000,v1=[0-9a-f]{64}");
    assertThat(body(hook.request(purge(OptionalLong.empty(), "a")))).contains("\"expire\":null");
    assertThat(body(hook.request(purge(OptionalLong.of(0))))).contains("\"tags\":\"*\"");
  }

  @Test
  void cloudflareForgets() {
    Target target = Targets.of("cloudflare:abc", SECRETS);
    HttpRequest request = target.request(purge(OptionalLong.of(60), "a", "b"));
    assertThat(request.uri())
        .hasToString("https://api.cloudflare.com/client/v4/zones/abc/purge_cache");
    assertThat(request.headers().firstValue("authorization")).contains("Bearer cf-secret");
    assertThat(body(request)).isEqualTo("{\"tags\":[\"a\",\"b\"]}");
    assertThat(body(target.request(purge(OptionalLong.of(0)))))
        .isEqualTo("{\"purge_everything\":true}");
    assertThat(target.bounds().tags()).isEqualTo(100);
  }

  @Test
  void fastlyForgetsOrRefreshes() {
    Target target = Targets.of("fastly:svc1", SECRETS);
    HttpRequest hard = target.request(purge(OptionalLong.of(0), "a"));
    assertThat(hard.uri()).hasToString("https://api.fastly.com/service/svc1/purge");
    assertThat(hard.headers().firstValue("fastly-key")).contains("fastly-secret");
    assertThat(hard.headers().firstValue("fastly-soft-purge")).isEmpty();
    assertThat(body(hard)).isEqualTo("{\"surrogate_keys\":[\"a\"]}");
    HttpRequest soft = target.request(purge(OptionalLong.empty(), "a"));
    assertThat(soft.headers().firstValue("fastly-soft-purge")).contains("1");
    assertThat(target.request(purge(OptionalLong.of(0))).uri())
        .hasToString("https://api.fastly.com/service/svc1/purge_all");
  }

  @Test
  void varnishIsToldInAHeader() {
    Target target = Targets.of("varnish:http://varnish:6081/", Map.of());
    HttpRequest hard = target.request(purge(OptionalLong.of(0), "a", "b"));
    assertThat(hard.method()).isEqualTo("PURGE");
    assertThat(hard.headers().firstValue("xkey-purge")).contains("a b");
    HttpRequest soft = target.request(purge(OptionalLong.of(9), "a"));
    assertThat(soft.headers().firstValue("xkey-softpurge")).contains("a");
    assertThat(target.name()).isEqualTo("varnish:varnish");
  }

  @Test
  void whatIsNoTargetIsSaidWithoutItsSecret() throws IOException {
    for (String wrong :
        List.of("", "akamai:x", "webhook:", "webhook:ftp://x", "varnish:host", "cloudflare:a/b")) {
      assertThatThrownBy(() -> Targets.of(wrong, SECRETS))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageContaining("expected webhook:URL");
    }
    assertThatThrownBy(() -> Targets.of("webhook:http://user:hidden@x/", SECRETS))
        .hasMessageNotContaining("hidden");
    assertThatThrownBy(() -> Targets.of("fastly:s", Map.of()))
        .hasMessageContaining("LARDER_FASTLY_KEY", "LARDER_FASTLY_KEY_FILE");
    Path file = Files.writeString(temporary.resolve("key"), "of-a-file\n");
    Target target = Targets.of("fastly:s", Map.of("LARDER_FASTLY_KEY_FILE", file.toString()));
    assertThat(target.request(purge(OptionalLong.of(0), "a")).headers().firstValue("fastly-key"))
        .contains("of-a-file");
    for (String named : List.of("fastly:s", "cloudflare:z", "webhook:http://x/hidden")) {
      Target named1 =
          Targets.of(
              named,
              Map.of(
                  "LARDER_FASTLY_KEY",
                  "hidden",
                  "LARDER_CLOUDFLARE_TOKEN",
                  "hidden",
                  "LARDER_WEBHOOK_SECRET",
                  "hidden"));
      assertThat(named1.toString()).doesNotContain("hidden");
      assertThat(named1.name()).doesNotContain("hidden");
    }
  }

  private static Purge purge(OptionalLong expire, String... tags) {
    return new Purge(new Namespace("shop"), 7, List.of(tags), expire);
  }

  /** What a request sends. */
  private static String body(HttpRequest request) {
    BodySubscriber<String> body = BodySubscribers.ofString(StandardCharsets.UTF_8);
    request
        .bodyPublisher()
        .orElseThrow()
        .subscribe(
            new Flow.Subscriber<>() {
              @Override
              public void onSubscribe(Flow.Subscription subscription) {
                body.onSubscribe(subscription);
              }

              @Override
              public void onNext(ByteBuffer item) {
                body.onNext(List.of(item));
              }

              @Override
              public void onError(Throwable failure) {
                body.onError(failure);
              }

              @Override
              public void onComplete() {
                body.onComplete();
              }
            });
    return body.getBody().toCompletableFuture().join();
  }
}
