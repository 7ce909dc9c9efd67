package dev.larder.core.spi;

import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** The history of one namespace: every invalidation, in the order of their revisions. */
public interface InvalidationLog {
  /** The identity of this history. */
  StoreIdentity identity();

  /**
   * What the log holds now; everything appended later is told to {@code subscriber}, in order and
   * without a gap, from after this method has returned.
   *
   * @throws StoreException if it cannot be read
   */
  History follow(Consumer<Invalidation> subscriber);

  /**
   * Appends an invalidation. The stage completes with it once it is durable and every subscriber
   * was told, and fails with a {@link StoreException} if it could not be made durable.
   *
   * @param tags what is invalidated
   * @param expire in how many seconds its entries expire; 0 is now
   */
  CompletionStage<Invalidation> append(TagSet tags, long expire);

  /**
   * Keeps {@code snapshot} in place of the invalidations up to {@code upTo}. A log may do so later
   * or not at all.
   */
  CompletionStage<Void> compact(Revision upTo, byte[] snapshot);

  /**
   * What a log holds.
   *
   * @param snapshot the ledger as it was once
   * @param after the invalidations since then, ascending
   */
  record History(Optional<byte[]> snapshot, List<Invalidation> after) {}
}
