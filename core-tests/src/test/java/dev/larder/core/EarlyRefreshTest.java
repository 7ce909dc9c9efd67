package dev.larder.core;

import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.ValueSource;

class EarlyRefreshTest {
  private static final CacheKey KEY = CacheKey.of(new byte[] {1, 2, 3});
  private static final CacheLife MINUTE = life(60);

  private static CacheLife life(long revalidate) {
    return new CacheLife(0, revalidate, CacheLife.NEVER);
  }

  /** The age in ms from which an entry is due. */
  private static long dueFrom(EarlyRefresh early, CacheKey key, CacheLife life) {
    long age = 0;
    for (long step = 1L << 40; step > 0; step /= 2) {
      if (!early.isDue(key, life, age + step - 1)) {
        age += step;
      }
    }
    return age;
  }

  /** The adapter reads the same table; seconds, and ms from which an entry is due, if ever. */
  @ParameterizedTest
  @CsvFileSource(
      resources = "/dev/larder/testkit/golden/early-refresh.csv",
      useHeadersInDisplayName = true)
  void theMomentFollowsFromTheKey(String hex, double share, long revalidate, String due) {
    var early = new EarlyRefresh(share);
    CacheKey key = CacheKey.of(HexFormat.of().parseHex(hex));
    if (due.equals("never")) {
      assertThat(early.isDue(key, life(revalidate), Long.MAX_VALUE)).isFalse();
    } else {
      assertThat(early.isDue(key, life(revalidate), Long.parseLong(due))).isTrue();
      assertThat(early.isDue(key, life(revalidate), Long.parseLong(due) - 1)).isFalse();
    }
  }

  @Test
  void theMomentsOfManyKeysAreSpreadOverTheWindow() {
    int[] perSecond = new int[6];
    IntStream.range(0, 6000)
        .map(i -> (int) dueFrom(EarlyRefresh.DEFAULT, key("item " + i), MINUTE))
        .forEach(due -> perSecond[(due - 54_001) / 1_000]++);
    assertThat(IntStream.of(perSecond)).allMatch(keys -> keys > 900 && keys < 1_100);
  }

  @Test
  void itIsNeverLaterThanTheEntryIsStale() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(EarlyRefresh.DEFAULT.isDue(key("item " + i), MINUTE, 60_000)).isTrue();
      assertThat(EarlyRefresh.DEFAULT.isDue(key("item " + i), MINUTE, 53_999)).isFalse();
    }
  }

  @Test
  void itIsAMinuteBeforeTheEndOfALongLifeAtTheMost() {
    CacheLife day = life(86_400);
    for (int i = 0; i < 1_000; i++) {
      assertThat(EarlyRefresh.DEFAULT.isDue(key("item " + i), day, 86_339_999)).isFalse();
      assertThat(EarlyRefresh.DEFAULT.isDue(key("item " + i), day, 86_400_000)).isTrue();
    }
  }

  @Test
  void whatNeverGrowsStaleIsNeverDue() {
    assertThat(EarlyRefresh.DEFAULT.isDue(KEY, life(CacheLife.NEVER), Long.MAX_VALUE)).isFalse();
  }

  @Test
  void aShareOfNothingIsNever() {
    assertThat(EarlyRefresh.NEVER.isDue(KEY, MINUTE, 59_999)).isFalse();
    assertThat(EarlyRefresh.NEVER.isDue(KEY, MINUTE, 60_000)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 0.51, Double.NaN, Double.POSITIVE_INFINITY})
  void whatIsNoShareIsRefused(double share) {
    assertThatThrownBy(() -> new EarlyRefresh(share))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("expected 0 to 0.5");
  }
}
