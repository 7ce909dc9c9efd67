package dev.larder.core.engine;

import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Revision;
import dev.larder.core.spi.Scheduler.Scheduled;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;

/**
 * The work of a {@link Cache} that no caller waits for: it removes entries that nobody can be
 * served any more, compacts the log, and tells those who keep copies of what is not stored.
 *
 * <p>Safe for use by many threads.
 */
final class Housekeeping {
  /** How often useless entries are removed, in ms. */
  private static final long SWEEP_EVERY = 60_000;

  /** How often the removal of a purged entry is tried. */
  private static final int REMOVALS = 60;

  /** After how many ms it is tried again. */
  private static final long REMOVE_AGAIN_AFTER = 1_000;

  private final Parts parts;
  private final Replacements replacements;
  private final Uncompacted uncompacted;

  /** The revision of the last sweep: no invalidation since then, nothing to sweep. */
  private volatile Revision swept = Revision.ZERO;

  private volatile Scheduled sweeping;
  private volatile boolean closed;

  /**
   * The work for a cache that is opened.
   *
   * @param uncompacted what the log has gathered since its last snapshot
   */
  Housekeeping(Parts parts, Uncompacted uncompacted) {
    this.parts = parts;
    this.uncompacted = uncompacted;
    this.replacements =
        new Replacements(
            parts.scheduler(), tags -> parts.log().append(tags, 0, InvalidationSource.SERVER));
    this.sweeping = parts.scheduler().after(SWEEP_EVERY, this::sweepIfNeeded);
  }

  /** An entry was replaced: whoever keeps a copy of it learns that, unless it asks by itself. */
  void replaced(EntryHead head) {
    if (parts.isServedUnasked(head)) {
      replacements.replaced(head.key());
    }
  }

  /** The store did not take an entry: whoever keeps a copy of it learns that. */
  void dropped(CacheKey key) {
    replacements.dropped(key);
  }

  /** An invalidation was applied: compacts the log if it has grown enough. */
  void invalidated(Invalidation invalidation) {
    uncompacted.add(invalidation);
    if (uncompacted.exceeds(parts.ledger())) {
      parts
          .scheduler()
          .after(
              0, () -> parts.log().compact(parts.ledger().revision(), parts.ledger().snapshot()));
    }
  }

  /**
   * Removes a purged entry; where the store cannot do so now, again and again in the background.
   *
   * @return completes after the first attempt
   */
  CompletionStage<Void> remove(CacheKey key) {
    return remove(key, REMOVALS);
  }

  private CompletionStage<Void> remove(CacheKey key, int attempts) {
    return parts
        .entries()
        .remove(key)
        .exceptionally(failure -> {
          if (attempts > 1 && !closed) {
            parts.scheduler().after(REMOVE_AGAIN_AFTER, () -> remove(key, attempts - 1));
          }
          return null;
        });
  }

  /**
   * Removes every useless entry because an operator asked for it.
   *
   * @return completes with how many were removed; empty if the store removes them later
   */
  CompletionStage<OptionalLong> purge() {
    swept = parts.ledger().revision();
    return parts
        .entries()
        .purge(parts::isUseless)
        .thenApply(removed -> {
          removed.ifPresent(parts.observer()::onEviction);
          return removed;
        });
  }

  /**
   * Removes the entries of a build that were generated before now.
   *
   * @return completes with how many were removed
   */
  CompletionStage<Long> removeBuild(String build) {
    long now = parts.clock().millis();
    return parts
        .entries()
        .removeIf(head -> head.origin().isOnlyOf(build) && head.generatedAt() < now)
        .thenApply(removed -> {
          parts.observer().onEviction(removed);
          return removed;
        });
  }

  /** Ends the work; what is under way may still complete. */
  void close() {
    closed = true;
    sweeping.cancel();
    replacements.close();
  }

  private void sweepLater() {
    sweeping = parts.scheduler().after(SWEEP_EVERY, this::sweepIfNeeded);
  }

  private void sweepIfNeeded() {
    if (closed) {
      return;
    }
    Revision revision = parts.ledger().revision();
    if (!revision.isAfter(swept)) {
      sweepLater();
      return;
    }
    swept = revision;
    try {
      parts
          .entries()
          .sweep(parts::isUseless)
          .whenComplete((removed, failure) -> {
            if (failure == null) {
              parts.observer().onEviction(removed);
            }
            sweepLater();
          });
    } catch (RuntimeException | Error e) {
      sweepLater();
      throw e;
    }
  }
}
