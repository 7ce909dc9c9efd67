package dev.larder.core.spi;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.HotKey;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/**
 * The entries of one namespace. Operations of one key take effect in the order they are called;
 * whatever a stage returned here completes on, the caller must not block in it.
 */
public interface EntryStore {
  /**
   * The entry stored under {@code key}, intact; empty if there is none, or if what is there cannot
   * be read any more.
   */
  CompletionStage<Optional<CacheEntry>> get(CacheKey key);

  /**
   * The entry stored under {@code key}, if it is in memory here and nobody has to be asked whether
   * it is still the one that is stored: what {@link #get} would complete with. Empty if {@link
   * #get} has to be called to know.
   */
  default Optional<CacheEntry> atHand(CacheKey key) {
    return Optional.empty();
  }

  /**
   * The bytes of the value stored under {@code key}, as far as the store knows without reading it;
   * 0 if there is none, or if it does not know. Not a use of the key.
   */
  default long size(CacheKey key) {
    return 0;
  }

  /** Stores an entry unless one of a newer revision is stored. */
  CompletionStage<PutResult> put(CacheKey key, CacheEntry entry);

  /** Removes what is stored under {@code key}. */
  CompletionStage<Void> remove(CacheKey key);

  /**
   * Removes every entry that {@code useless} accepts, little by little and in the background. An
   * entry that is replaced meanwhile stays.
   *
   * @return completes with how many were removed
   */
  CompletionStage<Long> removeIf(Predicate<EntryHead> useless);

  /**
   * Removes what {@code useless} accepts because an operator asked for it, who waits. A store that
   * cannot do so without looking at everything it holds completes before, and removes it after.
   *
   * @return completes with how many were removed; empty if that is not known yet
   */
  default CompletionStage<OptionalLong> purge(Predicate<EntryHead> useless) {
    return removeIf(useless).thenApply(OptionalLong::of);
  }

  /**
   * Removes what {@code useless} accepts, as far as that costs little: called now and then.
   *
   * @return completes with how many were removed
   */
  default CompletionStage<Long> sweep(Predicate<EntryHead> useless) {
    return removeIf(useless);
  }

  /**
   * The keys that are read most, hottest first, as far as the store can tell at little cost: keys
   * of this namespace that have an entry, each once.
   *
   * @param count the most to name
   */
  CompletionStage<List<HotKey>> hottest(int count);

  /**
   * Shows what is stored, head by head, to somebody who looks at it. Not a use of any key. What
   * changes meanwhile may be shown or not.
   *
   * @param from where to begin: an {@linkplain #ordered ordered} store shows no key before this one
   * @param millis after how long it ends, in ms, wherever it is then
   * @param visitor is called with one head after the other; false ends the walk
   * @return completes with how far it came; fails with a {@link StoreException} if the store cannot
   *     be asked
   */
  CompletionStage<Walk> walk(Optional<CacheKey> from, long millis, Predicate<EntryHead> visitor);

  /** True if {@link #walk} shows keys in their order; else it shows all, in any order. */
  default boolean ordered() {
    return false;
  }

  /** What is stored, and what went wrong, since the store was opened. */
  Stats stats();

  /**
   * Numbers about a store of entries.
   *
   * @param entries how many are stored
   * @param bytes the bytes of their values, about
   * @param dropped how many puts the store could not take
   * @param damaged how many entries could not be read any more
   * @param outgrown how many the store removed by itself to make room for others
   * @param expired how many it removed by itself because they had expired
   */
  record Stats(long entries, long bytes, long dropped, long damaged, long outgrown, long expired) {}

  /**
   * How far a walk came.
   *
   * @param examined how many heads were shown
   * @param complete true if those were all, from where it began
   */
  record Walk(long examined, boolean complete) {}

  /** What became of an entry that was put. */
  sealed interface PutResult {
    /** An entry of a newer revision stays. */
    PutResult SUPERSEDED = new Superseded();

    /** The store could not take it. */
    PutResult DROPPED = new Dropped();

    /**
     * It can be read from now on.
     *
     * @param replaced what was stored before, as far as the store can tell; empty if nothing was
     */
    record Kept(Optional<EntryHead> replaced) implements PutResult {}

    /** An entry of a newer revision stays. */
    record Superseded() implements PutResult {}

    /** The store could not take it. */
    record Dropped() implements PutResult {}
  }
}
