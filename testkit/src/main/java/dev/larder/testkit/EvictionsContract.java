package dev.larder.testkit;

import static dev.larder.testkit.Entries.FOREVER;
import static dev.larder.testkit.Entries.key;
import static dev.larder.testkit.Entries.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.Freshness;
import dev.larder.core.Lookup;
import dev.larder.core.LookupOutcome;
import dev.larder.core.Missed;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.engine.Cache;
import dev.larder.core.engine.Caller;
import dev.larder.core.engine.Ledger;
import dev.larder.core.engine.Limits;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.Store.NamespaceStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Very many keys are evicted, a thousand a second of simulated time, beside readers, generators,
 * editors and a near cache whose pages are other ones: for them nothing changes, as the {@link
 * ReferenceModel} tells, and what a store keeps of the evictions is bounded. To test a store,
 * extend this. {@code -Dlarder.evictions=n} evicts that many; 50,000 unless given.
 *
 * <p>It is a contract of its own because evictions are many and say little: a log that treats each
 * as an invalidation like any other grows without bound, or forgets those of tags for it.
 */
public abstract class EvictionsContract {
  /** How many keys are evicted. */
  private static final int EVICTIONS = Integer.getInteger("larder.evictions", 50_000);

  /** How many of them in a second of simulated time. */
  private static final int PER_SECOND = 1_000;

  /** How many evictions are under way at a time. */
  private static final int AT_ONCE = 100;

  /** How many keys are read, generated and edited beside them, each with a tag of its own. */
  private static final int PAGES = 8;

  /** So few that they are forgotten many times over; at most what a server has. */
  private static final int MARKS =
      Math.clamp(EVICTIONS / 5, 4 * PER_SECOND, Limits.DEFAULT.ledgerTags());

  private static final Limits LIMITS = new Limits(MARKS, 10_000, 1_000, Limits.MAX_LISTED);

  private final ManualTime time = new ManualTime(1_000_000);
  private final Random random = new Random(17);
  private final Caller caller = new Caller();

  /**
   * The namespace under test, empty at the beginning; opened again at each call.
   *
   * @return what the store has of the namespace now; the one returned before is not used any more
   */
  protected abstract NamespaceStore opened();

  /** Closes the store and opens what it left behind, as a server does that was started anew. */
  protected abstract void reopen();

  /**
   * How many invalidations the store has in its log; empty snapshots do not count. A store that can
   * count them without following the log overrides this.
   */
  protected long logged() {
    return opened().log().follow(invalidation -> {}).after().size();
  }

  /** Lets go of the store, after all else. */
  protected void close() {}

  /** After each test. */
  @AfterEach
  final void closed() {
    close();
  }

  /**
   * Evicts, checks everybody at each step, opens what is left and checks once more. It prints what
   * that cost and what is remembered.
   */
  @Test
  void changeNothingForAnybodyElse() {
    NamespaceStore store = opened();
    Cache cache = Cache.over(store, time, random, LIMITS);
    var fleet = new Fleet(cache, new ReferenceModel(cache.asOf().store()), store);
    long began = System.nanoTime();
    for (int evicted = 0; evicted < EVICTIONS; evicted += PER_SECOND) {
      fleet.begin();
      evict(cache, fleet.model, evicted);
      time.advance(1_000);
      fleet.goOn(evicted / PER_SECOND);
    }
    long took = (System.nanoTime() - began) / 1_000_000;
    assertThat(cache.asOf().revision().number()).isEqualTo(fleet.model.revision());
    assertUntouched(cache, fleet);
    cache.close();

    long logged = logged();
    reopen();
    NamespaceStore again = opened();
    InvalidationLog.History history = again.log().follow(invalidation -> {});
    byte[] snapshot = history.snapshot().orElseThrow();
    Ledger ledger = Ledger.restore(snapshot, LIMITS.ledgerTags());
    assertThat(ledger.keys()).isLessThanOrEqualTo(MARKS);
    assertThat(logged).isLessThanOrEqualTo(2L * (MARKS + PAGES) + 2 * PER_SECOND);
    System.out.printf(
        "%d keys evicted in %d ms beside %d lookups, %d generations and %d edits: the floor is %s,"
            + " %d tags and %d marks of keys are remembered in a snapshot of %d KiB, %d rows follow%n",
        EVICTIONS,
        took,
        fleet.lookups,
        fleet.generations,
        fleet.edits,
        ledger.floor(),
        ledger.size(),
        ledger.keys(),
        snapshot.length >> 10,
        logged);
    Cache reopened = Cache.over(again, time, random, LIMITS);
    assertThat(reopened.asOf()).isEqualTo(cache.asOf());
    assertUntouched(reopened, fleet);
    reopened.close();
  }

  /** The evictions of a second, a hundred under way at a time, in the engine and in the model. */
  private static void evict(Cache cache, ReferenceModel model, int first) {
    for (int chunk = first; chunk < first + PER_SECOND; chunk += AT_ONCE) {
      List<CompletableFuture<?>> purges = new ArrayList<>();
      for (int i = chunk; i < chunk + AT_ONCE; i++) {
        CacheKey evicted = key("evicted" + i);
        model.purge(evicted);
        purges.add(cache.purge(evicted).toCompletableFuture());
      }
      purges.forEach(CompletableFuture::join);
    }
  }

  /** What was stored of others is there, and their tags are remembered. */
  private void assertUntouched(Cache cache, Fleet fleet) {
    assertThat(cache.stats().floor()).isEqualTo(Revision.ZERO);
    assertThat(cache.stats().tags()).isEqualTo(fleet.editedTags());
    for (int page = 0; page < PAGES; page++) {
      CacheKey key = key("page" + page);
      boolean fresh = fleet.freshInModel(key);
      LookupOutcome found =
          done(cache.lookup(new Lookup(key, TagSet.EMPTY, false, 0), caller).outcome());
      assertThat(found instanceof LookupOutcome.FreshHit).as("page %d", page).isEqualTo(fresh);
    }
  }

  /** Waits for what the store or the engine answers. */
  private static <T> T done(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  /** Who reads, generates, edits and keeps copies beside the evictions. */
  private final class Fleet {
    private final Cache cache;
    private final ReferenceModel model;
    private final NamespaceStore store;

    /** How far the near cache knows. */
    private AsOf known;

    /** A generation that began before the evictions of this second. */
    private long lease;

    private AsOf began;
    private CacheKey generated = key("none");
    private int lookups;
    private int generations;
    private int edits;

    Fleet(Cache cache, ReferenceModel model, NamespaceStore store) {
      this.cache = cache;
      this.model = model;
      this.store = store;
      this.known = cache.asOf();
      this.began = known;
    }

    /** How many tags the ledger has to remember. */
    int editedTags() {
      return Math.min(edits, PAGES);
    }

    /** Whether a lookup of this key must be a fresh hit. */
    boolean freshInModel(CacheKey key) {
      return model
          .entry(key)
          .filter(entry -> model.isKept(key, entry, store.clock().millis()))
          .isPresent();
    }

    /** Evictions come while somebody generates a page. */
    void begin() {
      generated = key("slow");
      began = cache.asOf();
      lease =
          lease(done(cache.lookup(new Lookup(generated, TagSet.EMPTY, true, 0), caller).outcome()));
    }

    /**
     * What happens in a second beside the evictions: the slow generation ends, now and then
     * something is edited or read, and the near cache learns what it missed. It must be able to go
     * on from what it knew.
     */
    void goOn(int second) {
      if (lease != 0) {
        put(generated, began, lease, "slow");
      }
      if (second % 3 == 0) {
        edit("page" + edits % PAGES);
      }
      // The model goes through all that ever happened.
      if (second % 10 == 0) {
        for (int page = 0; page < PAGES; page++) {
          visit(page);
        }
      }
      Missed missed = done(cache.refresh(known)).missed();
      assertThat(missed.since()).as("the near cache keeps what it has").isEqualTo(known.revision());
      known = cache.asOf();
    }

    /** Invalidates a tag, in the engine and in the model. */
    private void edit(String tag) {
      edits++;
      done(cache.invalidate(TagSet.of(tag), 0));
      model.invalidate(TagSet.of(tag), 0, store.clock().millis());
    }

    /** Reads a page as the model says it is, and generates it where that is to be done. */
    private void visit(int page) {
      CacheKey key = key("page" + page);
      lookups++;
      boolean fresh = freshInModel(key);
      LookupOutcome found =
          done(cache.lookup(new Lookup(key, TagSet.EMPTY, true, 0), caller).outcome());
      assertThat(found instanceof LookupOutcome.FreshHit).as("page %d", page).isEqualTo(fresh);
      if (found instanceof LookupOutcome.FreshHit(AsOf asOf, CacheEntry entry)) {
        CacheEntry stored = model.entry(key).orElseThrow();
        assertThat(text(entry)).isEqualTo(text(stored));
        assertThat(model.freshness(key, stored, TagSet.EMPTY, store.clock().millis()))
            .isInstanceOf(Freshness.Fresh.class);
      } else {
        put(key, cache.asOf(), lease(found), "page" + page);
      }
    }

    private void put(CacheKey key, AsOf asOf, long held, String tag) {
      byte[] value = (tag + " " + generations++).getBytes(UTF_8);
      var put =
          new Put(key, asOf, held, TagSet.of(tag), FOREVER, 0, CacheEntry.checksum(value), value);
      assertThat(done(cache.put(put))).isEqualTo(PutOutcome.STORED);
      assertThat(model.put(put, store.clock().millis())).isEqualTo(PutOutcome.STORED);
    }

    /** The lease a lookup brought; 0 if none. */
    private static long lease(LookupOutcome outcome) {
      return switch (outcome) {
        case LookupOutcome.FreshHit fresh -> 0;
        case LookupOutcome.StaleHit(AsOf asOf, long lease, CacheEntry entry) -> lease;
        case LookupOutcome.Miss(AsOf asOf, long lease) -> lease;
      };
    }
  }
}
