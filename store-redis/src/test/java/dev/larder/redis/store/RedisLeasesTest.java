package dev.larder.redis.store;

import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.CacheKey;
import dev.larder.core.Revision;
import dev.larder.core.spi.LeaseEvent;
import dev.larder.core.spi.SharedLeases;
import dev.larder.redis.client.RedisAddress;
import dev.larder.redis.client.RedisClient;
import dev.larder.redis.client.Traffic;
import java.util.EnumSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RedisLeasesTest {
  private static final CacheKey KEY = key("key");

  private final RedisFixture store = new RedisFixture();
  private final SharedLeases north = store.shop().leases();
  private final RedisStore other = store.another();
  private final SharedLeases south = RedisFixture.shop(other).leases();

  @AfterEach
  void close() {
    store.close();
  }

  private static boolean claim(SharedLeases leases, long lease, long asOf) {
    return claim(leases, lease, asOf, 0);
  }

  private static boolean claim(SharedLeases leases, long lease, long asOf, long usefulFrom) {
    return leases
        .claim(KEY, lease, new Revision(asOf), new Revision(usefulFrom))
        .toCompletableFuture()
        .join();
  }

  private static boolean release(SharedLeases leases, long lease) {
    return leases.release(KEY, lease).toCompletableFuture().join();
  }

  /** What a server hears: a store is open before its subscription is, which nobody waits for. */
  private static BlockingQueue<LeaseEvent> heard(SharedLeases leases) {
    RedisFixture.redis().await("2", "PUBSUB", "NUMSUB", "larder:{shop}:news");
    var events = new LinkedBlockingQueue<LeaseEvent>();
    leases.listen(events::add);
    return events;
  }

  @Test
  void oneServerHoldsALease() {
    assertThat(claim(north, 1, 0)).isTrue();
    assertThat(claim(south, 2, 0)).isFalse();
  }

  @Test
  void aServerPassesItsOwnLeaseOn() {
    claim(north, 1, 0);
    assertThat(claim(north, 2, 0)).isTrue();
    assertThat(release(north, 1)).isFalse();
    assertThat(claim(south, 3, 0)).isFalse();
  }

  @Test
  void aReleasedLeaseIsFreeAndAllAreTold() throws InterruptedException {
    BlockingQueue<LeaseEvent> events = heard(south);
    claim(north, 1, 0);
    assertThat(release(north, 1)).isTrue();
    assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo(new LeaseEvent.Ended(KEY, 1));
    assertThat(claim(south, 2, 0)).isTrue();
  }

  @Test
  void anyServerCanReleaseByTheNumber() {
    claim(north, -7, 0);
    assertThat(release(south, -7)).isTrue();
  }

  @Test
  void aLeaseMovesByItsNumber() {
    claim(north, 1, 0);
    assertThat(south.adopt(KEY, 2).toCompletableFuture().join()).isEmpty();
    assertThat(south.adopt(KEY, 1).toCompletableFuture().join()).isPresent();
    assertThat(claim(north, 3, 0)).isFalse();
    assertThat(north.abandon(KEY, 1).toCompletableFuture().join()).isFalse();
    assertThat(claim(north, 3, 0)).isFalse();
    assertThat(south.abandon(KEY, 1).toCompletableFuture().join()).isTrue();
    assertThat(claim(north, 3, 0)).isTrue();
  }

  @Test
  void aLeaseThatMovedKeepsTheRevisionItWasGrantedAt() throws InterruptedException {
    BlockingQueue<LeaseEvent> events = heard(north);
    claim(north, 1, 5);
    assertThat(south.adopt(KEY, 1).toCompletableFuture().join()).isPresent();
    south.stored(KEY, 0, new Revision(4));
    assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo(new LeaseEvent.EntryStored(KEY, 0));
    assertThat(claim(north, 2, 0)).isFalse();
  }

  @Test
  void anOutdatedLeaseIsTakenOver() {
    claim(north, 1, 5);
    assertThat(claim(south, 2, 7, 5)).isFalse();
    assertThat(claim(south, 2, 7, 6)).isTrue();
    assertThat(claim(north, 1, 5)).isFalse();
    assertThat(release(north, 1)).isFalse();
    north.stored(KEY, 1, new Revision(5));
    assertThat(claim(north, 3, 7, 7)).isFalse();
  }

  @Test
  void whatMustNotBeSharedEndsTheLeaseAndAllAreTold() throws InterruptedException {
    BlockingQueue<LeaseEvent> events = heard(south);
    claim(north, 1, 0);
    assertThat(north.unshareable(KEY, 2).toCompletableFuture().join()).isFalse();
    assertThat(north.unshareable(KEY, 1).toCompletableFuture().join()).isTrue();
    assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo(new LeaseEvent.Unshareable(KEY, 1));
    assertThat(claim(south, 2, 0)).isTrue();
  }

  @Test
  void aLeaseThatEndedDoesNotMove() {
    claim(north, 1, 0);
    release(north, 1);
    assertThat(south.adopt(KEY, 1).toCompletableFuture().join()).isEmpty();
    assertThat(claim(north, 2, 0)).isTrue();
  }

  @Test
  void anEntryEndsTheLeaseAndAllAreTold() throws InterruptedException {
    BlockingQueue<LeaseEvent> events = heard(south);
    claim(north, 1, 5);
    north.stored(KEY, 1, new Revision(4));
    assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo(new LeaseEvent.EntryStored(KEY, 1));
    assertThat(claim(south, 2, 0)).isTrue();
  }

  @Test
  void anEntryAsNewAsTheGrantEndsAnybodysLease() {
    claim(north, 1, 5);
    south.stored(KEY, 0, new Revision(5));
    assertThat(claim(south, 2, 0)).isTrue();
  }

  @Test
  void anOlderEntryIsToldAndEndsNoLease() throws InterruptedException {
    BlockingQueue<LeaseEvent> events = heard(north);
    claim(north, 1, 5);
    south.stored(KEY, 0, new Revision(4));
    assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo(new LeaseEvent.EntryStored(KEY, 0));
    assertThat(claim(south, 2, 0)).isFalse();
  }

  @Test
  void theLeasesOfAServerThatStopsCanMoveUntilTheyEnd() {
    claim(south, 1, 0);
    other.close();
    assertThat(claim(north, 2, 0)).isFalse();
    assertThat(north.adopt(KEY, 1).toCompletableFuture().join()).isPresent();
    assertThat(claim(north, 2, 0)).isTrue();
  }

  @Test
  void theLeasesOfAServerThatDiesAreFreeOnceItIsNotHeard() {
    var dead = new RedisLeases(redis(), new Names(RedisFixture.SHOP), "dead", 60_000);
    assertThat(claim(dead, 1, 0)).isTrue();
    assertThat(claim(north, 2, 0)).isFalse();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!claim(north, 2, 0)) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
    assertThat(claim(dead, 3, 0)).isFalse();
  }

  @Test
  void aLeaseThatIsNotRenewedEnds() {
    var brief = new RedisLeases(redis(), new Names(RedisFixture.SHOP), "brief", 300);
    claim(brief, 1, 0);
    brief.beat();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
    while (!claim(north, 2, 0)) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  private static RedisClient redis() {
    var redis =
        new RedisClient(
            new RedisClient.Options(
                RedisAddress.parse("redis://" + RedisFixture.redis().host()),
                2_000,
                0,
                Scripts.ALL,
                Names::probe,
                opened -> CompletableFuture.completedFuture(null),
                EnumSet.allOf(Traffic.class),
                (pattern, channel, message) -> {}));
    redis.connect().join();
    return redis;
  }
}
