package dev.larder.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AuditedInvalidation;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.InvalidationSource.Via;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.InvalidationLog.History;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * What every {@link InvalidationLog} must do. To test one, extend this and implement {@link #log}
 * and {@link #reopened}. After each test the history is opened once more and walked through.
 *
 * <p>Nobody else appends to the log meanwhile. What a shared one does when others do is its own to
 * test.
 */
public abstract class InvalidationLogContract {
  /** The log under test; the same one until {@link #reopened}, empty at the beginning of a test. */
  protected abstract InvalidationLog log();

  /**
   * Lets go of the log and opens what it left behind.
   *
   * @return the log from now on, which {@link #log} returns, too
   */
  protected abstract InvalidationLog reopened();

  /** Lets go of the log, after all else. Called once for each test, also for one that failed. */
  protected void close() {}

  /** Whatever a test did: the same history goes on where it was, without a gap. */
  @AfterEach
  void theHistoryHasNoGap() {
    try {
      StoreIdentity identity = log().identity();
      InvalidationLog reopened = reopened();
      assertThat(reopened.identity()).isEqualTo(identity);

      List<Invalidation> all = Collections.synchronizedList(new ArrayList<>());
      History history = reopened.follow(all::add);
      all.addAll(history.after());
      Invalidation last = reopened.append(TagSet.of("last"), 0).toCompletableFuture().join();
      assertThat(all).last().isEqualTo(last);
      long first = all.getFirst().revision().number();
      assertThat(all)
          .extracting(invalidation -> invalidation.revision().number())
          .containsExactlyElementsOf(
              LongStream.rangeClosed(first, last.revision().number()).boxed().toList());
      assertThat(history.snapshot().isPresent() || first == 1).isTrue();
    } finally {
      close();
    }
  }

  /** Who made what. */
  @Nested
  class Auditing {
    private static final InvalidationSource SOURCE =
        new InvalidationSource("updateTag", "/product/3", "6f1e", "", Via.CONNECTION);

    private List<AuditedInvalidation> audited(long before, int most) {
      return log().audited(new Revision(before), most).toCompletableFuture().join();
    }

    @Test
    void whatWasAppendedIsRememberedWithWhoMadeIt() {
      Invalidation one =
          log().append(TagSet.of("a", "bé"), 60, SOURCE).toCompletableFuture().join();
      Invalidation other = append("c");
      assertThat(audited(Long.MAX_VALUE, 10))
          .extracting(AuditedInvalidation::invalidation)
          .containsExactly(other, one);
      assertThat(audited(2, 10)).extracting(AuditedInvalidation::source).containsExactly(SOURCE);
      assertThat(audited(Long.MAX_VALUE, 1)).hasSize(1);
      assertThat(audited(1, 10)).isEmpty();
    }

    @Test
    void itIsRememberedByWhoeverOpensTheHistoryAgainAndWhenTheLogIsCompacted() {
      Invalidation one = log().append(TagSet.of("a"), 0, SOURCE).toCompletableFuture().join();
      append("b");
      log().compact(one.revision(), new byte[] {1}).toCompletableFuture().join();
      reopened();
      assertThat(audited(2, 10)).extracting(AuditedInvalidation::source).containsExactly(SOURCE);
      assertThat(audited(2, 10)).extracting(AuditedInvalidation::invalidation).containsExactly(one);
    }

    /**
     * Ten thousand large invalidations would otherwise fill the store, and be read at each look.
     */
    @Test
    void ofVeryManyTagsTheFirstAreRememberedAndHowManyThereWere() {
      List<String> tags =
          IntStream.range(0, 1000).mapToObj(n -> "%03d".formatted(n) + "é".repeat(500)).toList();
      log().append(TagSet.of(tags), 0, SOURCE).toCompletableFuture().join();
      AuditedInvalidation audited = audited(Long.MAX_VALUE, 1).getFirst();
      assertThat(audited.invalidation().tags().names()).isEqualTo(tags.subList(0, 4));
      assertThat(audited.moreTags()).isEqualTo(996);
      assertThat(audited.source()).isEqualTo(SOURCE);
    }

    @Test
    void whatLarderDoesByItselfIsNotRemembered() {
      log()
          .append(TagSet.of("larder:key:00"), 0, InvalidationSource.SERVER)
          .toCompletableFuture()
          .join();
      assertThat(audited(Long.MAX_VALUE, 10)).isEmpty();
    }
  }

  /** Appends an invalidation that expires at once, and waits until it is durable. */
  private Invalidation append(String tag) {
    return log().append(TagSet.of(tag), 0).toCompletableFuture().join();
  }

  /** What an append does: it counts, it computes the deadline, it tells. */
  @Nested
  class Appending {
    /** A revision is the number of invalidations up to it, so none may be left out. */
    @Test
    void revisionsCountFromOne() {
      assertThat(append("a").revision()).isEqualTo(new Revision(1));
      assertThat(append("b").revision()).isEqualTo(new Revision(2));
    }

    /**
     * 0 seconds are no deadline that has just passed, but {@link Invalidation#NOW}: clocks do not
     * decide it.
     */
    @Test
    void withoutADelayEntriesExpireNow() {
      assertThat(append("a").expiresAt()).isEqualTo(Invalidation.NOW);
    }

    /** From 4294967294 s on, as on the wire. */
    @Test
    void neverIsNever() {
      Invalidation never = log().append(TagSet.of("a"), 0xffffffffL).toCompletableFuture().join();
      assertThat(never.expiresAt()).isEqualTo(Invalidation.NEVER);
    }

    /**
     * Whoever is acknowledged an invalidation may read at once, and must not be given what it
     * expired: so the engine has to be notified by then. 200 appends are under way at once.
     */
    @Test
    void theSubscriberIsToldInOrderBeforeTheStageCompletes() {
      List<Revision> received = Collections.synchronizedList(new ArrayList<>());
      log().follow(invalidation -> received.add(invalidation.revision()));
      List<CompletableFuture<Boolean>> toldFirst =
          IntStream.range(0, 200)
              .mapToObj(i ->
                  log()
                      .append(TagSet.of("t" + i), 0)
                      .thenApply(done -> received.contains(done.revision()))
                      .toCompletableFuture())
              .toList();
      assertThat(toldFirst).allMatch(CompletableFuture::join);
      assertThat(received)
          .containsExactlyElementsOf(
              LongStream.rangeClosed(1, 200).mapToObj(Revision::new).toList());
    }
  }

  /** What a log still knows after its process has ended. */
  @Nested
  class Reopening {
    @Test
    void everythingAppendedIsThere() {
      Invalidation first = log().append(TagSet.of("a", "bé"), 60).toCompletableFuture().join();
      Invalidation second = append("c");

      History history = reopened().follow(invalidation -> {});

      assertThat(history.snapshot()).isEmpty();
      assertThat(history.after()).containsExactly(first, second);
    }

    /** Another identity would tell every process that history was lost. */
    @Test
    void theIdentityStays() {
      StoreIdentity before = log().identity();
      assertThat(reopened().identity()).isEqualTo(before);
    }

    @Test
    void countingGoesOn() {
      append("a");
      InvalidationLog reopened = reopened();
      assertThat(reopened.append(TagSet.of("b"), 0).toCompletableFuture().join().revision())
          .isEqualTo(new Revision(2));
    }

    /** What comes after the snapshot is kept beside it. */
    @Test
    void aSnapshotReplacesWhatItCovers() {
      append("a");
      append("b");
      byte[] snapshot = {1, 2, 3};
      log().compact(new Revision(1), snapshot).toCompletableFuture().join();

      History history = reopened().follow(invalidation -> {});

      assertThat(history.snapshot()).hasValueSatisfying(s -> assertThat(s).isEqualTo(snapshot));
      assertThat(history.after())
          .extracting(Invalidation::revision)
          .containsExactly(new Revision(2));
    }

    /** The number of the last invalidation outlives the invalidations themselves. */
    @Test
    void countingGoesOnAfterASnapshotOfEverything() {
      append("a");
      log().compact(new Revision(1), new byte[] {1}).toCompletableFuture().join();
      assertThat(reopened().append(TagSet.of("b"), 0).toCompletableFuture().join().revision())
          .isEqualTo(new Revision(2));
    }
  }
}
