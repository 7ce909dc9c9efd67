package dev.larder.testkit;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static dev.larder.testkit.Entries.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheLife;
import dev.larder.core.EntryHead;
import dev.larder.core.HotKey;
import dev.larder.core.spi.EntryStore;
import dev.larder.core.spi.EntryStore.PutResult;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * What every {@link EntryStore} must do. To test one, extend this and implement {@link #entries}.
 * After each test everything stored is walked through.
 *
 * <p>Each {@code put}, {@code get} and {@code remove} is waited for here before the next. What a
 * store does with several at once is its own to test, and so is what it does at its limits: this
 * contract stores less than 25 MiB.
 */
public abstract class EntryStoreContract {
  /**
   * The store under test; the same one throughout a test, empty at its beginning. It is asked
   * often, so it must not be made anew at each call.
   */
  protected abstract EntryStore entries();

  /** Lets go of the store, after all else. Called once for each test, also for one that failed. */
  protected void close() {}

  /** Whatever a test did: what can be walked through can be read, whole. */
  @AfterEach
  void everythingStoredCanBeRead() {
    try {
      List<EntryHead> heads = heads();
      assertThat(heads).extracting(EntryHead::key).doesNotHaveDuplicates();
      for (EntryHead head : heads) {
        CacheEntry entry = entries().get(head.key()).toCompletableFuture().join().orElseThrow();
        assertThat(EntryHead.of(head.key(), entry)).isEqualTo(head);
        assertThat(entry.intact()).isTrue();
      }
    } finally {
      close();
    }
  }

  /** The heads of everything stored. */
  List<EntryHead> heads() {
    var heads = new CopyOnWriteArrayList<EntryHead>();
    entries()
        .removeIf(head -> {
          heads.add(head);
          return false;
        })
        .toCompletableFuture()
        .join();
    return heads;
  }

  /** Puts an entry, and waits. */
  private PutResult put(String key, CacheEntry entry) {
    return entries().put(key(key), entry).toCompletableFuture().join();
  }

  /** What is stored under a key. What the store has at hand must be the same. */
  private Optional<CacheEntry> get(String key) {
    Optional<CacheEntry> stored = entries().get(key(key)).toCompletableFuture().join();
    entries().atHand(key(key)).ifPresent(known -> assertThat(stored).containsSame(known));
    return stored;
  }

  /** What was stored comes back as it was: each field, each byte. */
  @Nested
  class Reading {
    @Test
    void anUnknownKeyIsEmpty() {
      assertThat(get("unknown")).isEmpty();
    }

    /** Tags beyond ASCII, a value with the bytes 0 and -1, a life of <em>never</em>, a time. */
    @Test
    void everyFieldComesBack() {
      CacheEntry stored =
          entry(new byte[] {0, -1, 7}, 5, new CacheLife(1, 2, CacheLife.NEVER), 1234, "a", "bé");
      put("key", stored);

      CacheEntry found = get("key").orElseThrow();
      assertThat(found).usingRecursiveComparison().isEqualTo(stored);
      assertThat(found.intact()).isTrue();
    }

    @Test
    void anEntryWithoutTagsAndValueComesBack() {
      put("empty", entry("", 0));
      assertThat(get("empty").orElseThrow().value()).isEmpty();
    }

    /**
     * 20 MiB: more than a page, a buffer or a message of most stores, less than the 32 MiB there
     * can be.
     */
    @Test
    void aLargeValueComesBack() {
      byte[] large = new byte[20 << 20];
      new Random(1).nextBytes(large);
      put("large", entry(large, 0, Entries.FOREVER, 0));
      assertThat(get("large").orElseThrow().intact()).isTrue();
    }

    @Test
    void keysThatShareAPrefixAreApart() {
      put("a", entry("1", 0));
      put("ab", entry("2", 0));
      assertThat(text(get("a").orElseThrow())).isEqualTo("1");
      assertThat(text(get("ab").orElseThrow())).isEqualTo("2");
    }
  }

  /**
   * Which of two entries of a key stays: the one of the newer revision, then the one that came
   * later. A store that lets an older one replace a newer brings back what an invalidation has
   * removed.
   */
  @Nested
  class Replacing {
    @Test
    void aNewerRevisionReplacesAnOlder() {
      assertThat(put("key", entry("old", 3))).isInstanceOf(PutResult.Kept.class);
      assertThat(put("key", entry("new", 4))).isInstanceOf(PutResult.Kept.class);
      assertThat(text(get("key").orElseThrow())).isEqualTo("new");
    }

    @Test
    void theSameRevisionReplacesByArrival() {
      put("key", entry("first", 3));
      assertThat(put("key", entry("second", 3))).isInstanceOf(PutResult.Kept.class);
      assertThat(text(get("key").orElseThrow())).isEqualTo("second");
    }

    /**
     * The engine tells whoever keeps a copy of it, so a store that knows what it replaced must say
     * it, and must not invent it.
     */
    @Test
    void whatWasReplacedIsTold() {
      CacheEntry old = entry(new byte[] {1}, 3, Entries.FOREVER, 5, "a", "b");
      assertThat(put("key", old)).isEqualTo(new PutResult.Kept(Optional.empty()));
      assertThat(put("key", entry("new", 4)))
          .isEqualTo(new PutResult.Kept(Optional.of(EntryHead.of(key("key"), old))));
      entries().remove(key("key")).toCompletableFuture().join();
      assertThat(put("key", entry("third", 4))).isEqualTo(new PutResult.Kept(Optional.empty()));
    }

    /** A generation that began earlier and took longer. */
    @Test
    void anOlderRevisionReplacesNothing() {
      put("key", entry("new", 4));
      assertThat(put("key", entry("old", 3))).isEqualTo(PutResult.SUPERSEDED);
      assertThat(text(get("key").orElseThrow())).isEqualTo("new");
    }
  }

  /** What is left of a removed key: nothing. */
  @Nested
  class Removing {
    @Test
    void aRemovedKeyIsEmpty() {
      put("key", entry("value", 1));
      entries().remove(key("key")).toCompletableFuture().join();
      assertThat(get("key")).isEmpty();
    }

    /**
     * What was removed is not remembered: whether an older entry may come back is for the engine to
     * say, which knows the invalidations.
     */
    @Test
    void afterARemovalAnyRevisionIsTaken() {
      put("key", entry("new", 4));
      entries().remove(key("key")).toCompletableFuture().join();
      assertThat(put("key", entry("old", 3))).isInstanceOf(PutResult.Kept.class);
    }
  }

  /** The walk of somebody who looks at what is stored. */
  @Nested
  class Walking {
    private static final long MILLIS = 60_000;

    /** The keys a walk shows, in the order in which it shows them. */
    private List<String> walked(Optional<String> from, int most) {
      var seen = new CopyOnWriteArrayList<String>();
      EntryStore.Walk walk =
          entries()
              .walk(
                  from.map(Entries::key),
                  MILLIS,
                  head -> {
                    seen.add(Entries.name(head.key()));
                    return seen.size() < most;
                  })
              .toCompletableFuture()
              .join();
      assertThat(walk.examined()).isEqualTo(seen.size());
      assertThat(walk.complete()).isEqualTo(seen.size() < most);
      return seen;
    }

    @Test
    void showsEverythingOnce() {
      assertThat(walked(Optional.empty(), 9)).isEmpty();
      put("b", entry("1", 1));
      put("a", entry("2", 1));
      put("c", entry("3", 1));
      List<String> all = walked(Optional.empty(), 9);
      assertThat(all).containsExactlyInAnyOrder("a", "b", "c");
      if (entries().ordered()) {
        assertThat(all).containsExactly("a", "b", "c");
        assertThat(walked(Optional.of("b"), 9)).containsExactly("b", "c");
        assertThat(walked(Optional.of("d"), 9)).isEmpty();
      }
    }

    @Test
    void endsWhenToldTo() {
      put("a", entry("1", 1));
      put("b", entry("2", 1));
      put("c", entry("3", 1));
      assertThat(walked(Optional.empty(), 2)).hasSize(2);
    }

    @Test
    void showsTheWholeHead() {
      CacheEntry stored =
          entry(new byte[] {0, -1, 7}, 5, new CacheLife(1, 2, CacheLife.NEVER), 1234, "a", "bé");
      put("key", stored);
      var seen = new CopyOnWriteArrayList<EntryHead>();
      entries().walk(Optional.empty(), MILLIS, seen::add).toCompletableFuture().join();
      assertThat(seen).containsExactly(EntryHead.of(key("key"), stored));
    }
  }

  /**
   * The walk through everything stored, with which the engine tidies up what has expired, by its
   * age or by a tag.
   */
  @Nested
  class RemovingWhatIsUseless {
    /** Removes what is useless, and waits for the number of it. */
    private long removeIf(Predicate<EntryHead> useless) {
      return entries().removeIf(useless).toCompletableFuture().join();
    }

    @Test
    void removesExactlyWhatIsAccepted() {
      put("a", entry("1", 1));
      put("b", entry("2", 2));
      put("c", entry("3", 3));
      assertThat(removeIf(head -> head.revision().number() < 3)).isEqualTo(2);
      assertThat(get("a")).isEmpty();
      assertThat(get("b")).isEmpty();
      assertThat(get("c")).isPresent();
    }

    /**
     * What is useless is decided by the head alone, so nothing of it may be missing. Being asked
     * changes nothing.
     */
    @Test
    void isAskedWithEveryFieldOfTheHead() {
      CacheEntry stored =
          entry(new byte[] {0, -1, 7}, 5, new CacheLife(1, 2, CacheLife.NEVER), 1234, "a", "bé");
      put("key", stored);
      var asked = new CopyOnWriteArrayList<EntryHead>();
      removeIf(head -> {
        asked.add(head);
        return false;
      });
      assertThat(asked).containsExactly(EntryHead.of(key("key"), stored));
      assertThat(get("key")).isPresent();
    }

    @Test
    void anEmptyStoreHasNothingToRemove() {
      assertThat(removeIf(head -> true)).isZero();
    }
  }

  /**
   * What a process that has just started warms its near cache with. A store may know little of what
   * is read; what it names must exist.
   */
  @Nested
  class NamingTheHottest {
    private List<HotKey> hottest(int count) {
      return entries().hottest(count).toCompletableFuture().join();
    }

    /** Puts and reads so many keys, with values of 0, 1, 2 … bytes. */
    private void putMany(int count) {
      for (int i = 0; i < count; i++) {
        put("key" + i, entry("x".repeat(i), 1));
        get("key" + i);
      }
    }

    @Test
    void anEmptyStoreHasNone() {
      assertThat(hottest(10)).isEmpty();
    }

    /** The sizes are what a process fills its budget by. */
    @Test
    void everyOneIsAKeyThatExistsWithItsSize() {
      putMany(20);
      assertThat(hottest(100))
          .isNotEmpty()
          .doesNotHaveDuplicates()
          .allSatisfy(hot -> {
            CacheEntry stored = entries().get(hot.key()).toCompletableFuture().join().orElseThrow();
            assertThat(hot.size()).isEqualTo(stored.value().length);
          });
    }

    @Test
    void thereAreNoMoreThanAskedFor() {
      putMany(20);
      assertThat(hottest(7)).hasSizeBetween(1, 7);
      assertThat(hottest(0)).isEmpty();
    }

    @Test
    void aKeyPutOftenIsNamedOnceWithItsLastSize() {
      put("key", entry("long", 1));
      put("key", entry("new", 2));
      get("key");
      assertThat(hottest(10)).containsExactly(new HotKey(key("key"), 3));
    }

    @Test
    void aRemovedKeyIsNotNamed() {
      putMany(2);
      entries().remove(key("key0")).toCompletableFuture().join();
      assertThat(hottest(10)).extracting(HotKey::key).containsExactly(key("key1"));
    }
  }
}
