package dev.larder.server.metrics.hot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.CacheKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The keys that are looked up most, of more than are counted at a time. */
class HottestTest {
  private static final int KEYS = 20_000;
  private static final int HOTTEST = 20;

  private long now = 1;
  private final Hottest<CacheKey> hot = new Hottest<>(4_096, () -> now);

  @Test
  void beforeTheFirstLookupThereAreNone() {
    assertThat(hot.perMinute()).isEmpty();
  }

  /** By the law of Zipf: the second is read half as often as the first, and so on. */
  @Test
  void theTrueHottestAreFoundInTheirOrder() {
    List<Integer> lookups = new ArrayList<>();
    for (int rank = 1; rank <= KEYS; rank++) {
      lookups.addAll(Collections.nCopies(1 + 10_000 / rank, rank));
    }
    Collections.shuffle(lookups, new Random(7));
    lookups.forEach(rank -> hot.add(key(rank)));

    Map<CacheKey, Long> found = hot.perMinute();
    assertThat(
            found.entrySet().stream()
                .sorted(Map.Entry.<CacheKey, Long>comparingByValue().reversed())
                .limit(HOTTEST)
                .map(Map.Entry::getKey))
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, HOTTEST).mapToObj(HottestTest::key).toList());
    assertThat(found).hasSizeLessThan(4_096);
  }

  @Test
  void whatIsOlderThanTwoWindowsIsForgotten() {
    hot.add(key(1), 3);
    now += TimeUnit.MINUTES.toNanos(10);
    hot.add(key(2), 1);
    assertThat(hot.counts()).containsOnly(Map.entry(key(1), 3L), Map.entry(key(2), 1L));
    now += TimeUnit.MINUTES.toNanos(10);
    assertThat(hot.counts()).containsOnly(Map.entry(key(2), 1L));
    now += TimeUnit.MINUTES.toNanos(30);
    assertThat(hot.counts()).isEmpty();
    hot.add(key(3), 0);
    assertThat(hot.counts()).isEmpty();
  }

  private static CacheKey key(int rank) {
    return CacheKey.of(("key " + rank).getBytes(StandardCharsets.UTF_8));
  }
}
