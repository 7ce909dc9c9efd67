package dev.larder.redis.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.Namespace;
import dev.larder.core.spi.SharedText;
import dev.larder.core.spi.Store;
import dev.larder.core.spi.StoreException;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A text that servers share, over a real Redis. */
class RedisTextTest {
  private final RedisFixture fixture = new RedisFixture();
  private final SharedText text = text(fixture.store());
  private final SharedText another = text(fixture.another());

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void whatOneWritesTheOtherReads() {
    assertThat(is(text.read())).isEmpty();
    assertThat(is(text.replace(Optional.empty(), "ä first"))).isTrue();
    assertThat(is(another.read())).contains("ä first");
    assertThat(is(another.read())).as("what is known is not sent again").contains("ä first");
    assertThat(is(another.replace(Optional.of("ä first"), "second"))).isTrue();
    assertThat(is(text.read())).contains("second");
    assertThat(RedisFixture.redis().ask("TTL", "larder:tokens")).isEqualTo("-1");
    assertThat(is(text.replace(Optional.of("second"), ""))).isTrue();
    assertThat(is(another.read())).as("an empty one is one").contains("");
  }

  @Test
  void nobodyOverwritesWhatSomebodyElseHasJustWritten() {
    assertThat(is(text.replace(Optional.empty(), ""))).isTrue();
    assertThat(is(another.replace(Optional.empty(), "mine"))).isFalse();
    IntStream.range(0, 40)
        .parallel()
        .forEach(n -> {
          SharedText mine = n % 2 == 0 ? text : another;
          Optional<String> before;
          do {
            before = is(mine.read());
          } while (!is(mine.replace(before, before.orElse("") + "x")));
        });
    assertThat(is(text.read())).contains("x".repeat(40));
  }

  @Test
  void aNamespaceOfTheSameNameIsSomethingElse() {
    assertThat(is(text.replace(Optional.empty(), "kept"))).isTrue();
    Namespace tokens = new Namespace("tokens");
    var _ = is(fixture.store().open(tokens));
    assertThat(is(fixture.store().namespaces())).containsExactly(tokens);
    assertThat(is(fixture.store().delete(tokens))).isTrue();
    assertThat(is(another.read())).contains("kept");
  }

  @Test
  void whatIsNoTextIsSaidToBeNone() {
    RedisFixture.redis().ask("LPUSH", "larder:tokens", "x");
    assertThatThrownBy(() -> is(text.read()))
        .hasRootCauseInstanceOf(Exception.class)
        .hasMessageContaining("WRONGTYPE");
    RedisFixture.redis().ask("DEL", "larder:tokens");
    RedisFixture.redis().ask("EVAL", "redis.call('SET', 'larder:tokens', '\\255')", "0");
    assertThatThrownBy(() -> is(text.read()))
        .hasCauseInstanceOf(StoreException.class)
        .hasMessageContaining("UTF-8");
    String large = "redis.call('SET', 'larder:tokens', string.rep('x', %d))";
    RedisFixture.redis().ask("EVAL", large.formatted(SharedText.MAX_BYTES + 2), "0");
    assertThatThrownBy(() -> is(text.read())).hasMessageContaining("larger than 8388608 bytes");
    RedisFixture.redis().ask("EVAL", large.formatted(SharedText.MAX_BYTES), "0");
    assertThat(is(text.read()).orElseThrow()).hasSize(SharedText.MAX_BYTES);
  }

  private static SharedText text(Store store) {
    return store.text("tokens").orElseThrow();
  }

  private static <T> T is(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }
}
