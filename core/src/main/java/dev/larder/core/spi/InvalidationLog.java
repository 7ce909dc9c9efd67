package dev.larder.core.spi;

import dev.larder.core.AuditedInvalidation;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * The history of one namespace: every invalidation, in the order of their revisions. Several
 * processes may append to one history; each follows it with a log of its own.
 */
public interface InvalidationLog {
  /** What a log that nobody else appends to answers: it is always current. */
  CompletionStage<Void> CURRENT = CompletableFuture.completedStage(null);

  /** The identity of this history. */
  StoreIdentity identity();

  /**
   * What the log holds now. {@code subscriber} is called with everything appended later, in order
   * and without a gap, from after this method has returned.
   *
   * @throws StoreException if it cannot be read
   */
  History follow(Consumer<Invalidation> subscriber);

  /**
   * True if nobody else appends to this history while this log is open: it is always current, and
   * {@link #catchUp} returns {@link #CURRENT}. It never changes.
   */
  default boolean exclusive() {
    return false;
  }

  /**
   * Catches up with what others appended. The stage completes once the subscriber was given every
   * invalidation that was acknowledged to anybody before this was called; it fails with a {@link
   * StoreException} if that cannot be known.
   */
  default CompletionStage<Void> catchUp() {
    return CURRENT;
  }

  /**
   * Appends an invalidation. The stage completes with it once it is durable and every subscriber
   * was called, and fails with a {@link StoreException} if it could not be made durable.
   *
   * @param tags what is invalidated
   * @param expire in how many seconds its entries expire; 0 is now
   */
  CompletionStage<Invalidation> append(TagSet tags, long expire);

  /**
   * Appends an invalidation, and remembers for people who made it and when: both at once, so that
   * whatever is acknowledged can be {@linkplain #audited looked up}. A log without an audit only
   * appends.
   *
   * @param source who made it; one of {@link InvalidationSource#SERVER} is not remembered
   */
  default CompletionStage<Invalidation> append(
      TagSet tags, long expire, InvalidationSource source) {
    return append(tags, expire);
  }

  /**
   * The latest invalidations before a revision, the latest first, as far as they are remembered.
   *
   * @param before a revision that is not among them
   * @param most how many to list
   */
  default CompletionStage<List<AuditedInvalidation>> audited(Revision before, int most) {
    return CompletableFuture.completedStage(List.of());
  }

  /**
   * Keeps {@code snapshot} in place of the invalidations up to {@code upTo}. A log may do so later
   * or not at all.
   */
  CompletionStage<Void> compact(Revision upTo, byte[] snapshot);

  /**
   * Somebody knows {@code known} in this history, and {@link #catchUp} does not reach it: what was
   * acknowledged is lost. A log that can be begun anew ends here.
   */
  default void distrust(Revision known) {}

  /**
   * Runs {@code listener} once, when this history is over: deleted, lost, or in part lost. No
   * subscriber is called any more, every operation fails, and whoever opens the namespace finds
   * another history.
   */
  default void onEnd(Runnable listener) {}

  /**
   * What a log holds.
   *
   * @param snapshot the ledger as it was once
   * @param after the invalidations since then, ascending
   */
  record History(Optional<byte[]> snapshot, List<Invalidation> after) {}
}
