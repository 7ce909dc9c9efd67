package dev.larder.core.engine;

import dev.larder.core.CacheKey;
import dev.larder.core.TagSet;
import dev.larder.core.spi.Scheduler;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * The keys of which copies are kept that are not what is stored: a fresh entry was replaced, or one
 * that was given to callers was not stored. Whoever keeps a copy learns it by an invalidation of
 * its {@linkplain CacheKey#copyTag copy tag}. What is added while one is on its way is in the next,
 * each key once. One that fails is tried again.
 *
 * <p>Safe for use by many threads.
 */
final class Replacements {
  /** After how many ms it is tried again. */
  static final long TRY_AGAIN_AFTER = 1_000;

  /**
   * For how many ms copies of what was not stored are kept at most: a store that takes nothing
   * costs each process one generation of a key in that time, and one invalidation of all keys.
   */
  static final long DROPPED_KEPT = 1_000;

  /** How many keys of either kind wait before the copies of one more stay as they are. */
  static final int MOST = 10_000;

  private final Scheduler scheduler;
  private final Function<TagSet, CompletionStage<?>> invalidation;

  // Guarded by this.
  private final Set<CacheKey> waiting = new LinkedHashSet<>();
  private final Set<CacheKey> dropped = new LinkedHashSet<>();
  private boolean underWay;
  private boolean closed;

  /**
   * None.
   *
   * @param invalidation invalidates tags at once
   */
  Replacements(Scheduler scheduler, Function<TagSet, CompletionStage<?>> invalidation) {
    this.scheduler = scheduler;
    this.invalidation = invalidation;
  }

  /** The entry of a key was replaced: its copies end now. */
  void replaced(CacheKey key) {
    end(List.of(key));
  }

  /** An entry of a key was given to callers and not stored: its copies end soon. */
  void dropped(CacheKey key) {
    boolean first;
    synchronized (this) {
      first = dropped.isEmpty();
      if (dropped.size() < MOST) {
        dropped.add(key);
      }
    }
    if (first) {
      scheduler.after(DROPPED_KEPT, () -> end(takeDropped()));
    }
  }

  private synchronized List<CacheKey> takeDropped() {
    List<CacheKey> taken = List.copyOf(dropped);
    dropped.clear();
    return taken;
  }

  /** Ends the copies of these keys, after those of which an invalidation is on its way. */
  private void end(List<CacheKey> keys) {
    synchronized (this) {
      if (closed || waiting.size() >= MOST) {
        return;
      }
      waiting.addAll(keys);
      if (underWay) {
        return;
      }
      underWay = true;
    }
    invalidateNext();
  }

  /** Nothing is invalidated any more. */
  synchronized void close() {
    closed = true;
    waiting.clear();
  }

  private void invalidateNext() {
    List<CacheKey> keys;
    synchronized (this) {
      keys = waiting.stream().limit(TagSet.MAX_TAGS).toList();
      underWay = !keys.isEmpty();
      waiting.removeAll(Set.copyOf(keys));
    }
    if (!keys.isEmpty()) {
      begun(TagSet.of(keys.stream().map(CacheKey::copyTag).toList()))
          .whenComplete((done, failure) -> {
            if (failure == null) {
              invalidateNext();
            } else {
              again(keys);
            }
          });
    }
  }

  /** What fails at once is tried again as well. */
  private CompletionStage<?> begun(TagSet tags) {
    try {
      return invalidation.apply(tags);
    } catch (RuntimeException | Error e) {
      return CompletableFuture.failedStage(e);
    }
  }

  private void again(List<CacheKey> failed) {
    synchronized (this) {
      if (closed) {
        underWay = false;
        return;
      }
      var all = new ArrayList<>(failed);
      all.addAll(waiting);
      waiting.clear();
      waiting.addAll(all);
    }
    scheduler.after(TRY_AGAIN_AFTER, this::invalidateNext);
  }
}
