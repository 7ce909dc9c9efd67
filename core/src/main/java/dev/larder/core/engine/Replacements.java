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
 * The keys whose entries were replaced while they were fresh: whoever keeps a copy learns it by an
 * invalidation of its {@linkplain CacheKey#copyTag copy tag}. What is replaced while one is on its
 * way is in the next, each key once. One that fails is tried again.
 *
 * <p>Safe for use by many threads.
 */
final class Replacements {
  /** After how many ms it is tried again. */
  static final long TRY_AGAIN_AFTER = 1_000;

  /** How many keys wait at most; the copies of one more stay as they are. */
  static final int MOST = 10_000;

  private final Scheduler scheduler;
  private final Function<TagSet, CompletionStage<?>> invalidation;

  // Guarded by this.
  private final Set<CacheKey> waiting = new LinkedHashSet<>();
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

  /** The entry of a key was replaced. */
  void add(CacheKey key) {
    synchronized (this) {
      if (waiting.size() >= MOST || !waiting.add(key) || underWay || closed) {
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
