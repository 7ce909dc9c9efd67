package dev.larder.redis.store;

import static dev.larder.redis.store.Outages.millis;
import static dev.larder.redis.store.Outages.succeeds;
import static dev.larder.redis.store.Outages.until;
import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.LeaseEvent;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.core.spi.StoreProvider.Options;
import dev.larder.redis.client.RedisAddress;
import dev.larder.testkit.RedisProcess;
import dev.larder.testkit.TcpProxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A server that is cut off from a store that others go on using. */
class CutOffTest {
  private static final Options IMPATIENT = new Options(16 << 20, 0, 300, 10_000);

  private final RedisProcess redis = RedisProcess.start();
  private final TcpProxy network = TcpProxy.to(redis.port());
  private final RedisStore store =
      new RedisStore(RedisAddress.parse("redis://" + network.host()), IMPATIENT);
  private final RedisStore other = RedisFixture.open("redis://" + redis.host());

  @AfterEach
  void close() {
    store.close();
    other.close();
    network.close();
    redis.close();
  }

  /** What may happen to a network. */
  enum Cut {
    BREAKS,
    SWALLOWS_REQUESTS,
    SWALLOWS_ANSWERS;

    void happenTo(TcpProxy network) {
      switch (this) {
        case BREAKS -> network.cut();
        case SWALLOWS_REQUESTS -> network.swallowRequests();
        case SWALLOWS_ANSWERS -> network.swallowAnswers();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void isBoundedAndComesBackAndRepairsBeforeItTrusts(Cut cut) {
    NamespaceStore here = RedisFixture.shop(store);
    NamespaceStore there = RedisFixture.shop(other);
    List<Invalidation> notified = new CopyOnWriteArrayList<>();
    here.log().follow(notified::add);
    List<LeaseEvent> heard = new CopyOnWriteArrayList<>();
    here.leases().listen(heard::add);
    here.entries().put(key("key"), entry("value", 0, "a")).toCompletableFuture().join();
    until(store::ready);

    cut.happenTo(network);
    for (int i = 0; i < 5; i++) {
      assertThat(millis(() -> succeeds(here.log().catchUp()))).isLessThan(1_500);
      // What is in memory is not given out unasked.
      assertThat(millis(() -> succeeds(here.entries().get(key("key"))))).isLessThan(2_500);
    }
    until(() -> !store.ready());
    Invalidation missed = there.log().append(TagSet.of("a"), 0).toCompletableFuture().join();
    assertThat(succeeds(here.log().catchUp())).isFalse();
    assertThat(notified).isEmpty();

    // Where nobody closes what is swallowed, the connections themselves are given up.
    network.mend();
    until(() -> succeeds(here.log().catchUp()));
    assertThat(notified).containsExactly(missed);
    until(store::ready);
    until(() -> succeeds(here.log().append(TagSet.of("b"), 0)));
    // The connection that listens is back as well.
    until(() -> {
      there
          .leases()
          .claim(key("key"), 1, Revision.ZERO, Revision.ZERO)
          .toCompletableFuture()
          .join();
      there.leases().release(key("key"), 1).toCompletableFuture().join();
      return heard.contains(new LeaseEvent.Ended(key("key"), 1));
    });
  }
}
