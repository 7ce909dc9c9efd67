package dev.larder.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.StoreException;
import dev.larder.testkit.Fault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The store's threads go on, whatever they meet: a fault fails what it is about, and no more. */
class SurvivalTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir private Path temporary = Path.of("");

  private final StoreFixture store = new StoreFixture();

  @AfterEach
  void close() {
    store.close();
  }

  @ParameterizedTest
  @EnumSource
  void theWriterOfInvalidationsGoesOn(Fault fault) {
    try (StoreFiles files = StoreFiles.open(temporary, "boot", new Random(1));
        LogWriter writer =
            new LogWriter(
                files.database(),
                files.commits(),
                files.recovered(),
                StoreOptions.Fsync.NEVER,
                new Condition("invalidations", Duration.ZERO))) {
      CompletableFuture<Void> failed = writer.change((batch, histories) -> fault.raise());
      assertThat(failed)
          .failsWithin(SOON)
          .withThrowableOfType(ExecutionException.class)
          .withCauseInstanceOf(StoreException.class);
      assertThat(writer.change((batch, histories) -> {})).succeedsWithin(SOON);
      assertThat(writer.alive()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void whoeverFollowsAndMissesAnInvalidationMustNotGoOn(Fault fault) {
    InvalidationLog log = store.shop().log();
    var ended = new AtomicInteger();
    log.follow(invalidation -> fault.raise());
    log.onEnd(ended::incrementAndGet);
    assertThat(appended(log))
        .failsWithin(SOON)
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(StoreException.class);
    assertThat(ended).hasValue(1);
    assertThat(appended(log)).failsWithin(SOON);

    // It is durable all the same, and counts for whoever reads the log again.
    InvalidationLog again = store.shop().log();
    assertThat(again.identity()).isEqualTo(log.identity());
    assertThat(again.follow(invalidation -> {}).after())
        .extracting(Invalidation::revision)
        .containsExactly(new Revision(1));
    assertThat(appended(again).join().revision()).isEqualTo(new Revision(2));
  }

  private static CompletableFuture<Invalidation> appended(InvalidationLog log) {
    CompletionStage<Invalidation> appended = log.append(TagSet.of("a"), 0);
    return appended.toCompletableFuture();
  }
}
