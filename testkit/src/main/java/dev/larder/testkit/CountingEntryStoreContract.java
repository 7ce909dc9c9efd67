package dev.larder.testkit;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.EntryHead;
import dev.larder.core.spi.EntryStore;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * What an {@link EntryStore} must do that one server has for itself: it counts what it holds. A
 * store that several servers share cannot do so at little cost, and has only {@link
 * EntryStoreContract} to pass.
 *
 * <p>The numbers are those of {@link EntryStore.Stats}: entries, and bytes of their values.
 */
public abstract class CountingEntryStoreContract extends EntryStoreContract {
  /** Nanoseconds a store may take to count what it found. */
  private static final long COUNTED_WITHIN = 10_000_000_000L;

  /** Whatever a test did: what can be walked through is what is counted. */
  @AfterEach
  void everythingStoredIsCounted() {
    List<EntryHead> heads = heads();
    untilCounted(heads.size());
    assertThat(entries().stats().entries()).isEqualTo(heads.size());
    assertThat(entries().stats().bytes())
        .isEqualTo(heads.stream().mapToLong(EntryHead::size).sum());
  }

  /** A store may count what it found when it was opened a little later. */
  private void untilCounted(int number) {
    long deadline = System.nanoTime() + COUNTED_WITHIN;
    while (entries().stats().entries() != number && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
  }

  private void put(String key, String value) {
    entries().put(key(key), entry(value, 1)).toCompletableFuture().join();
  }

  /** What is counted while entries come, are replaced and go. */
  @Nested
  class Counting {
    /** A replaced entry counts once, with the size of the new one; a removed one no longer. */
    @Test
    void whatIsStoredIsCounted() {
      put("a", "12345");
      put("a", "123");
      put("b", "12345");
      entries().remove(key("b")).toCompletableFuture().join();
      assertThat(entries().stats().entries()).isEqualTo(1);
      assertThat(entries().stats().dropped()).isZero();
      assertThat(entries().stats().damaged()).isZero();
    }
  }
}
