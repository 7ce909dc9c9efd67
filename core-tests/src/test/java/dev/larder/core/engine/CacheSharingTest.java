package dev.larder.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.Invalidation;
import dev.larder.core.PutOutcome;
import dev.larder.core.Refreshed;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.core.spi.StoreException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What one server invalidates or issues is so on the other, unless the log cannot be read. */
class CacheSharingTest extends SharingScenario {
  @Test
  void whatOneServerInvalidatedNoOtherServes() {
    put(first, "old", first.asOf(), 0, "a");
    assertThat(outcome(ask(second, bob, 0))).isEqualTo("fresh old");
    invalidate(first, "a");
    assertThat(outcome(ask(second, bob, 0))).isEqualTo("miss, lease");
  }

  @Test
  void aRefreshListsWhatWasInvalidatedThroughAnotherServer() {
    AsOf known = second.asOf();
    AsOf now = invalidate(first, "a");
    Refreshed refreshed = second.refresh(known).toCompletableFuture().join();
    assertThat(refreshed.asOf()).isEqualTo(now);
    assertThat(refreshed.missed().invalidations())
        .extracting(Invalidation::tags)
        .containsExactly(TagSet.of("a"));
  }

  @Test
  void aStampLearnedThroughAnotherServerIsKnown() {
    AsOf asOf = invalidate(first, "a");
    assertThat(put(second, "new", asOf, 0, "a")).isEqualTo(PutOutcome.STORED);
  }

  @Test
  void aStampNobodyIssuedIsNot() {
    var future = new AsOf(first.asOf().store(), new Revision(1));
    assertThat(put(second, "new", future, 0)).isEqualTo(PutOutcome.UNSTAMPED);
  }

  @Test
  void whatCannotBeProvedIsNotServed() {
    put(first, "value", first.asOf(), 0);
    NamespaceStore opened = store.join().opened();
    Cache cutOff =
        over(
            new NamespaceStore(
                opened.entries(), new CutOff(opened.log()), opened.leases(), opened.clock()));
    assertThat(outcome(ask(cutOff, bob, 0))).isEqualTo("miss");
    assertThat(cutOff.refresh(AsOf.NONE).toCompletableFuture()).isCompletedExceptionally();
  }

  @Test
  void whatIsAppendedElsewhereWhileACacheIsOpenedCounts() {
    invalidate(first, "a");
    NamespaceStore opened = store.join().opened();
    var busy = new Busy(opened.log());
    Cache third = over(new NamespaceStore(opened.entries(), busy, opened.leases(), opened.clock()));
    busy.other().join();
    assertThat(third.asOf().revision()).isEqualTo(new Revision(2));
  }

  /** A log that has something to tell as soon as somebody listens. */
  private record Busy(InvalidationLog log, CompletableFuture<Void> other) implements LogOver {
    Busy(InvalidationLog log) {
      this(log, new CompletableFuture<>());
    }

    @Override
    public History follow(Consumer<Invalidation> subscriber) {
      History history = log.follow(subscriber);
      var next = new Invalidation(new Revision(2), TagSet.of("b"), Invalidation.NOW);
      var teller =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  subscriber.accept(next);
                  other.complete(null);
                } catch (RuntimeException e) {
                  other.completeExceptionally(e);
                }
              });
      // It has notified, or it waits for whoever opens the cache.
      while (teller.isAlive() && teller.getState() != Thread.State.BLOCKED) {
        Thread.onSpinWait();
      }
      return history;
    }
  }

  /** A log whose store cannot be reached. */
  private record CutOff(InvalidationLog log) implements LogOver {
    @Override
    public boolean exclusive() {
      return false;
    }

    @Override
    public CompletionStage<Void> catchUp() {
      return CompletableFuture.failedStage(new StoreException("the store cannot be reached"));
    }
  }
}
