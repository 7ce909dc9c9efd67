package dev.larder.core.engine;

import dev.larder.core.Freshness;
import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Why an entry is worth what it is to a reader: what the ledger had in hand.
 *
 * @param freshness what it is worth
 * @param marks the marks that apply to it, its own tags first, then soft tags
 * @param floor the revision below which entries count as expired
 */
public record Explanation(Freshness freshness, List<Mark> marks, Revision floor) {
  /**
   * An invalidation that applies to an entry: it came after the entry's revision.
   *
   * @param tag what was invalidated
   * @param soft whether only the reader named the tag
   * @param revision which invalidation decides; a mark of several that expired at once is the
   *     latest of them
   * @param expiresAt when it expires the entry, in ms of the store's clock, {@link
   *     Invalidation#NOW} or {@link Invalidation#NEVER}
   */
  public record Mark(String tag, boolean soft, Revision revision, long expiresAt) {
    boolean expired(long now) {
      return expiresAt <= now;
    }
  }

  /**
   * The mark that decides: of those that expired the entry the earliest, else the earliest of those
   * that made it stale. Empty if none applies.
   */
  public Optional<Mark> deciding(long now) {
    return marks.stream()
        .min(
            Comparator.comparingInt((Mark mark) -> mark.expired(now) ? 0 : 1)
                .thenComparingLong(mark -> mark.revision().number()));
  }
}
