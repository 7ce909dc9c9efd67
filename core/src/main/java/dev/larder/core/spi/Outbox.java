package dev.larder.core.spi;

import dev.larder.core.AsOf;
import dev.larder.core.AuditedInvalidation;
import dev.larder.core.Namespace;
import dev.larder.core.StoreIdentity;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * What is to be told outside of a store: every invalidation that somebody made, of all namespaces,
 * put here in the write that makes it durable, until it is removed. So none is lost that was
 * acknowledged, whoever ends before it was told.
 *
 * <p>Stages fail with a {@link StoreException} if the store cannot be asked.
 */
public interface Outbox {
  /** The namespaces in which something may wait. */
  CompletionStage<List<Namespace>> namespaces();

  /**
   * What waits in a namespace, the oldest first, with all tags.
   *
   * @param known the last that is known; one of another history is before all
   * @param most how many to list
   */
  CompletionStage<Waiting> after(Namespace namespace, AsOf known, int most);

  /** Removes what waits up to this point of a history; nothing if that is over. */
  CompletionStage<Void> remove(Namespace namespace, AsOf upTo);

  /**
   * Asks that this server be the one that tells, of all that share the store, or that it remain so.
   * Two may be for a moment: nothing is told less than once.
   *
   * @param millis for how long, in ms
   * @return completes with false while another server is
   */
  CompletionStage<Boolean> lead(long millis);

  /**
   * What waits.
   *
   * @param history which it is of
   * @param invalidations in their order
   */
  record Waiting(StoreIdentity history, List<AuditedInvalidation> invalidations) {
    /** Nothing. */
    public static final Waiting NOTHING = new Waiting(StoreIdentity.NONE, List.of());
  }
}
