package dev.larder.core.engine;

import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.CacheLife;
import org.junit.jupiter.api.Test;

/** Nobody waits for what must not be shared. */
class CacheUnshareableTest extends CacheScenario {
  private void putUnshareable(long lease) {
    putting("mine", cache.asOf(), lease, new CacheLife(0, 0, 0), 0);
  }

  @Test
  void allWhoWaitAreLetGoAtOnce() {
    long lease = lead(alice);
    Cache.Pending first = ask(60_000);
    Cache.Pending second = ask(60_000);
    putUnshareable(lease);
    assertThat(outcome(first)).isEqualTo("miss");
    assertThat(outcome(second)).isEqualTo("miss");
    assertThat(cache.leases().held()).isZero();
  }

  @Test
  void forAWhileNobodyWaitsForTheNext() {
    putUnshareable(lead(alice));
    assertThat(outcome(ask(60_000))).isEqualTo("miss, lease");
    assertThat(outcome(ask(60_000))).isEqualTo("miss");
    time.advance(Unshareable.REMEMBERED);
    lead(alice);
    assertThat(outcome(ask(60_000))).isEqualTo("waits");
  }

  @Test
  void onceAnEntryIsStoredTheNextIsWaitedFor() {
    putUnshareable(lead(alice));
    putting("shared", cache.asOf(), lead(alice), new CacheLife(0, 1, 1), 0);
    time.advance(1_000);
    lead(alice);
    assertThat(outcome(ask(60_000))).isEqualTo("waits");
  }

  @Test
  void withoutTheLeaseItEndsNobodysWait() {
    long lease = lead(alice);
    Cache.Pending follower = ask(60_000);
    putUnshareable(0);
    assertThat(outcome(follower)).isEqualTo("waits");
    assertThat(outcome(ask(60_000))).isEqualTo("miss");
    put("x", lease);
    assertThat(outcome(follower)).isEqualTo("fresh x");
  }

  @Test
  void theEarliestKeysAreForgottenFirst() {
    var keys = new Unshareable(time);
    for (int i = 0; i <= Unshareable.MOST; i++) {
      keys.add(key("key" + i));
    }
    assertThat(keys.has(key("key0"))).isFalse();
    assertThat(keys.has(key("key1"))).isTrue();
    keys.add(key("key1"));
    keys.add(key("another"));
    assertThat(keys.has(key("key1"))).isTrue();
    assertThat(keys.has(key("key2"))).isFalse();
    assertThat(new Unshareable(time).has(KEY)).isFalse();
  }
}
