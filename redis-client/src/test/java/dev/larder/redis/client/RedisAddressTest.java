package dev.larder.redis.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.spi.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisAddressTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://host",
        "rediss://user:s%40cret@host:7000/3",
        "redis-socket:///run/redis.sock",
        "redis-sentinel://one,two:26380#group",
        "redis-cluster://one,two",
        "rediss-cluster://user:s%40cret@one:7000"
      })
  void everyFormIsUnderstoodAndShownWithoutSecrets(String text) {
    assertThat(RedisAddress.serves(text)).isTrue();
    RedisAddress address = RedisAddress.parse(text);
    assertThat(address.toString()).doesNotContain("user", "cret").isEqualTo(address.shown());
    assertThat(address.cluster()).isEqualTo(text.contains("cluster"));
    assertThat(address.tls()).isEqualTo(text.startsWith("rediss"));
    assertThat(address.user()).isEqualTo(text.contains("user") ? "user" : "default");
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://host", "host:6379", "://host", ""})
  void anotherSchemeIsNone(String text) {
    assertThat(RedisAddress.serves(text)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://user:se/cret@host",
        "redis://user:se@cret@host",
        "redis://user:se?cret@host"
      })
  void aPasswordThatIsNotEncodedIsNamedAndNotShown(String text) {
    assertThatThrownBy(() -> RedisAddress.parse(text))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("percent-encoded")
        .hasMessageNotContaining("cret");
  }

  @Test
  void aClusterHasNoDatabases() {
    assertThatThrownBy(() -> RedisAddress.parse("redis-cluster://user:secret@host/3"))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("no numbered databases")
        .hasMessageNotContaining("secret");
  }

  @Test
  void aFileThatIsNotThereIsNamed(@TempDir Path directory) throws IOException {
    assertThatThrownBy(() -> RedisAddress.parse("rediss://user:secret@host?ca=/nowhere/ca.pem"))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("ca=/nowhere/ca.pem")
        .hasMessageNotContaining("secret");
    Path file = Files.createFile(directory.resolve("cert.pem"));
    assertThatThrownBy(() -> RedisAddress.parse("rediss://host?cert=" + file))
        .hasMessageContaining("key=FILE");
  }
}
