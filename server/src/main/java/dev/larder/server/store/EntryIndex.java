package dev.larder.server.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.larder.core.EntryHead;
import dev.larder.core.StoreIdentity;
import dev.larder.server.store.MemoryTier.Place;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What is known in memory of every entry on disk: enough to answer that there is none, and to
 * choose what to remove when the disk budget is spent (Caffeine's policy) or when an entry has
 * expired.
 */
final class EntryIndex {
  /** What an entry takes on disk beside its value, about, if its tags are few. */
  private static final int OVERHEAD_BYTES = 500;

  private final Cache<Place, Slot> slots;
  private final Map<StoreIdentity, Totals> totals = new ConcurrentHashMap<>();

  /** True once it knows every entry on disk. */
  private volatile boolean complete;

  /**
   * An index that knows nothing yet.
   *
   * @param maxBytes the disk budget
   * @param clock the store's clock
   * @param removed called with the entries that must go from disk, and why
   */
  EntryIndex(long maxBytes, InstantSource clock, BiConsumer<Place, RemovalCause> removed) {
    this.slots =
        Caffeine.newBuilder()
            .maximumWeight(maxBytes)
            .weigher((Place place, Slot slot) -> (int) Math.min(Integer.MAX_VALUE, slot.bytes()))
            .expireAfter(
                Expiry.<Place, Slot>writing((place, slot) ->
                    Duration.ofMillis(Math.clamp(slot.expiresAt() - clock.millis(), 0, FAR))))
            .executor(Runnable::run)
            .removalListener((@Nullable Place place, @Nullable Slot slot, RemovalCause cause) -> {
              if (place != null && slot != null) {
                totals(place.namespace()).gone(slot);
              }
            })
            .evictionListener((@Nullable Place place, @Nullable Slot slot, RemovalCause cause) -> {
              if (place != null) {
                removed.accept(place, cause);
              }
            })
            .build();
  }

  private static final long FAR = TimeUnit.DAYS.toMillis(365L * 100);

  /**
   * What is known of one entry.
   *
   * @param size the bytes of its value
   * @param header the bytes of its header, of which there are two on disk
   */
  record Slot(long expiresAt, int size, int header) {
    long bytes() {
      return size + Math.max(OVERHEAD_BYTES, 2L * header);
    }
  }

  /** True if there certainly is no entry at that place. Counts as a use of what is there. */
  boolean lacks(Place place) {
    return slots.getIfPresent(place) == null && complete;
  }

  /** Notes a use of what is at that place, if anything is. */
  void used(Place place) {
    var _ = slots.getIfPresent(place);
  }

  /** True if an entry is known at that place. */
  boolean knows(Place place) {
    return slots.policy().getIfPresentQuietly(place) != null;
  }

  /** The bytes of the value of the entry at that place; 0 if none is known. */
  int size(Place place) {
    Slot slot = slots.policy().getIfPresentQuietly(place);
    return slot == null ? 0 : slot.size();
  }

  /**
   * Notes an entry that was stored.
   *
   * @param header the bytes of its header on disk
   */
  void put(Place place, EntryHead head, int header) {
    Slot slot = slot(head, header);
    totals(place.namespace()).come(slot);
    slots.put(place, slot);
  }

  /** Notes an entry that was found, unless a later one was stored meanwhile. */
  void found(Place place, EntryHead head, int header) {
    Slot slot = slot(head, header);
    if (slots.asMap().putIfAbsent(place, slot) == null) {
      totals(place.namespace()).come(slot);
    }
  }

  void remove(Place place) {
    slots.invalidate(place);
  }

  void removeAll(StoreIdentity namespace) {
    slots.asMap().keySet().removeIf(place -> place.namespace().equals(namespace));
    totals.remove(namespace);
  }

  /** From now on every entry on disk is known. */
  void completed() {
    complete = true;
  }

  /** True if every entry on disk is known. */
  boolean complete() {
    return complete;
  }

  /** Holds no more than that many bytes from now on: what is used least goes. */
  void limit(long maxBytes) {
    slots
        .policy()
        .eviction()
        .ifPresent(eviction -> {
          if (eviction.getMaximum() != maxBytes) {
            eviction.setMaximum(maxBytes);
          }
        });
  }

  /** Lets go of what has expired. */
  void tidy() {
    slots.cleanUp();
  }

  /** The bytes of everything known. */
  long bytes() {
    return slots.policy().eviction().map(e -> e.weightedSize().orElse(0)).orElse(0L);
  }

  /** How many entries of a namespace are known. */
  long count(StoreIdentity namespace) {
    return totals(namespace).count.sum();
  }

  /** The bytes of the values of a namespace's entries. */
  long bytes(StoreIdentity namespace) {
    return totals(namespace).bytes.sum();
  }

  private Totals totals(StoreIdentity namespace) {
    return totals.computeIfAbsent(namespace, n -> new Totals());
  }

  /** What the slots of one namespace add up to, kept as they come and go. */
  private static final class Totals {
    private final LongAdder count = new LongAdder();
    private final LongAdder bytes = new LongAdder();

    void come(Slot slot) {
      count.increment();
      bytes.add(slot.size());
    }

    void gone(Slot slot) {
      count.decrement();
      bytes.add(-slot.size());
    }
  }

  private static Slot slot(EntryHead head, int header) {
    return new Slot(head.expiresAt(), head.size(), header);
  }
}
