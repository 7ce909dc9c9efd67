package dev.larder.redis.store;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Namespace;
import dev.larder.core.TagSet;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.testkit.RedisProcess;
import dev.larder.testkit.TestCertificates;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cluster that speaks TLS, used by the user that the guide makes. */
@Tag("full")
class SecuredClusterTest {
  @Test
  void isUsedLikeAnyOther(@TempDir Path directory) {
    TestCertificates certificates =
        TestCertificates.in(directory).sign("store", "ip:127.0.0.1,dns:localhost");
    List<RedisProcess> nodes = RedisProcess.securedCluster(certificates, "store");
    var user = new ArrayList<>(RightsTest.line());
    user.addAll(List.of("+cluster|nodes", "+info"));
    nodes.forEach(node -> assertThat(node.ask(user.toArray(String[]::new))).isEqualTo("OK"));
    try (RedisStore store =
        RedisFixture.open(
            "rediss-cluster://larder:%s@127.0.0.1:%d?ca=%s"
                .formatted(
                    RightsTest.PASSWORD, nodes.getFirst().tlsPort(), certificates.authority()))) {
      for (int i = 0; i < 12; i++) {
        NamespaceStore app = store.open(new Namespace("app" + i)).toCompletableFuture().join();
        app.log().append(TagSet.of("a"), 0).toCompletableFuture().join();
        app.entries().put(key("key"), entry("value", 1)).toCompletableFuture().join();
        assertThat(app.entries().get(key("key")).toCompletableFuture().join()).isPresent();
      }
      assertThat(nodes)
          .allSatisfy(node -> assertThat(Integer.parseInt(node.ask("DBSIZE"))).isGreaterThan(1));
      Outages.until(store::ready);
    } finally {
      nodes.forEach(RedisProcess::close);
    }
  }
}
