package dev.larder.redis.store;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.TagSet;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.core.spi.StoreException;
import dev.larder.testkit.RedisProcess;
import dev.larder.testkit.TestCertificates;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that speaks TLS, with certificates of an authority of its own. */
class TlsTest {
  @TempDir private static Path directory = Path.of("");
  private static TestCertificates certificates;
  private static RedisProcess redis;
  private static RedisProcess elsewhere;
  private static RedisProcess strict;

  @BeforeAll
  static void start() {
    certificates =
        TestCertificates.in(directory)
            .sign("store", "ip:127.0.0.1,dns:localhost")
            .sign("elsewhere", "dns:redis.example")
            .sign("larder", "dns:larder");
    redis = RedisProcess.secured(certificates, "store");
    elsewhere = RedisProcess.secured(certificates, "elsewhere");
    strict = RedisProcess.secured(certificates, "store", "--tls-auth-clients", "yes");
  }

  @AfterAll
  static void stop() {
    redis.close();
    elsewhere.close();
    strict.close();
  }

  private static String secured(RedisProcess server, String options) {
    return "rediss://127.0.0.1:%d%s".formatted(server.tlsPort(), options);
  }

  private static String ca() {
    return "?ca=" + certificates.authority();
  }

  private static void assertServes(String address) {
    try (RedisStore store = RedisFixture.open(address)) {
      NamespaceStore shop = RedisFixture.shop(store);
      shop.log().append(TagSet.of("a"), 0).toCompletableFuture().join();
      shop.entries().put(key("key"), entry("value", 1)).toCompletableFuture().join();
      assertThat(shop.entries().get(key("key")).toCompletableFuture().join()).isPresent();
      Outages.until(store::ready);
    }
  }

  private static void assertRefused(String address, String... expected) {
    try (RedisStore store = RedisFixture.open(address)) {
      assertThatThrownBy(() -> RedisFixture.shop(store))
          .hasCauseInstanceOf(StoreException.class)
          .hasMessageContainingAll(expected);
      assertThat(store.ready()).isFalse();
    }
  }

  @Test
  void anAuthorityOfOnesOwnIsTrustedByItsCertificate() {
    assertServes(secured(redis, ca()));
  }

  @Test
  void anAuthorityNobodyKnowsIsNot() {
    assertRefused(secured(redis, ""), "rediss://127.0.0.1", "signed by nobody", "ca=FILE");
  }

  @Test
  void aCertificateForAnotherHostIsRefusedUnlessOnlyItsAuthorityCounts() {
    assertRefused(secured(elsewhere, ca()), "another host", "verifyPeer=CA");
    assertServes(secured(elsewhere, ca() + "&verifyPeer=CA"));
  }

  @Test
  void nothingIsAskedOfACertificateIfSoWished() {
    assertServes(secured(redis, "?verifyPeer=NONE"));
  }

  @Test
  void aStoreThatAsksForACertificateIsShownOne() {
    assertRefused(secured(strict, ca()), "cert=FILE", "key=FILE");
    assertServes(
        secured(
            strict,
            "%s&cert=%s&key=%s"
                .formatted(ca(), certificates.certificate("larder"), certificates.key("larder"))));
  }

  @Test
  void aStoreThatSpeaksNoTlsIsNamed() {
    assertRefused("rediss://127.0.0.1:%d%s".formatted(redis.port(), ca()), "does not speak TLS");
  }

  @Test
  void aStoreThatSpeaksOnlyTlsIsNamed() {
    assertRefused("redis://127.0.0.1:" + redis.tlsPort(), "rediss");
  }
}
