package dev.larder.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What was counted in this window and the one before. */
class RecentCountTest {
  private static final long START = -5;

  private final RecentCount count = new RecentCount(START);

  @Test
  void whatIsOlderThanTwoWindowsIsForgotten() {
    count.add(START, 3);
    count.add(START + RecentCount.WINDOW - 1, 4);
    assertThat(count.sum(START + RecentCount.WINDOW - 1)).isEqualTo(7);
    assertThat(count.sum(START + RecentCount.WINDOW)).isEqualTo(7);
    count.add(START + RecentCount.WINDOW, 1);
    assertThat(count.sum(START + 2 * RecentCount.WINDOW)).isEqualTo(1);
    assertThat(count.sum(START + 5 * RecentCount.WINDOW)).isZero();
  }
}
