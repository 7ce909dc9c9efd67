package dev.larder.core.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Freshness;
import dev.larder.core.Invalidation;
import dev.larder.core.Lookup;
import dev.larder.core.LookupOutcome;
import dev.larder.core.Namespace;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.Refreshed;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.engine.Cache;
import dev.larder.core.engine.Caller;
import dev.larder.core.engine.Ledger;
import dev.larder.core.engine.Limits;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.testkit.Entries;
import dev.larder.testkit.ManualTime;
import dev.larder.testkit.MemoryStore;
import dev.larder.testkit.MortalScheduler;
import dev.larder.testkit.ReferenceModel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A random history, run on the engine and on the {@link ReferenceModel} side by side and compared
 * after every step: invalidations of every kind, puts with old, current, future and foreign stamps
 * and all sorts of ages, lookups with soft tags, refreshes, time passing in small steps and large
 * jumps, compaction of the log at any moment, and crashes, after which a new engine opens what the
 * old one left in its store. Few keys and few tags, so that everything meets everything.
 *
 * <p>The seed decides everything. The error of a history that fails names its seed and its last
 * steps.
 */
public final class RandomHistory {
  /*
   * How it works. The model is the specification, written without regard to speed: it keeps all that
   * ever happened, and answers by going through it. The engine forgets, joins and sweeps, and must
   * still give the same answers. Each kind of step is a method that does the same to both and compares
   * what they say; run() compares the revision after every step as well.
   *
   * Where the engine may differ, it may only be stricter: it may call an entry expired that the model
   * calls fresh or stale, never the reverse. mayBeStricter() has the only three reasons: the ledger
   * forgot (FORGETFUL), one tag had more open deadlines than are kept ('crowded'), or a deadline had
   * passed before the clock was set back ('latest' is the latest time there was). What was tolerated
   * is counted, so that a test can say how much that is.
   *
   * A refresh is compared by its use: its list is applied to what somebody knew, as a near cache does,
   * and the answers that follow from that must be the model's. A crash opens another engine over the
   * same store, on another scheduler: the timers of the one before never fire again.
   */

  /** How many of the last steps the error of a history names. */
  private static final int SHOWN_STEPS = 60;

  private static final int MAX_PAIRS = 16;
  private static final int SMALL_LEDGER = TagSet.MAX_TAGS;
  private static final int FEW_LISTED = 12;
  private static final long[] LIVES = {0, 1, 2, 5, 30, 600, CacheLife.NEVER, CacheLife.NEVER};
  private static final long[] DELAYS = {
    0, 0, 0, 0, 1, 2, 3, 5, 8, 30, 60, 600, CacheLife.NEVER - 1, CacheLife.NEVER, 0xffffffffL
  };

  private final long seed;
  private final Kind kind;
  private final Random random;
  private final ManualTime time;
  private final NamespaceStore store;
  private final ReferenceModel model;
  private final List<CacheKey> keys;
  private final List<String> tags;
  private final Limits limits;
  private final List<AsOf> known = new ArrayList<>();
  private final Set<String> crowded = new HashSet<>();
  private final List<String> steps = new ArrayList<>();
  private MortalScheduler process;
  private Cache cache;
  private Ledger ledger;
  private long latest;
  private int tolerated;

  /** What is special about a history. */
  public enum Kind {
    /** The engine and the model agree in everything. */
    EXACT,
    /**
     * The clock is set back at times: a deadline that has passed may, but need not, stay passed.
     */
    CLOCK_SET_BACK,
    /**
     * So many tags that the ledger forgets: what it forgot counts as expired, and nothing else
     * does.
     */
    FORGETFUL
  }

  /** The history of that seed. */
  public RandomHistory(long seed, Kind kind) {
    this.seed = seed;
    this.kind = kind;
    this.random = new Random(seed);
    this.time = new ManualTime(1_700_000_000_000L);
    this.latest = time.millis();
    this.store =
        new MemoryStore(time, random).open(new Namespace("model")).toCompletableFuture().join();
    this.model = new ReferenceModel(store.log().identity());
    this.keys = IntStream.range(0, 4).mapToObj(i -> Entries.key("key" + i)).toList();
    int tagCount = kind == Kind.FORGETFUL ? 2 * SMALL_LEDGER : 5;
    this.tags = IntStream.range(0, tagCount).mapToObj(i -> "t" + i).toList();
    int maxListed = random.nextBoolean() ? Limits.MAX_LISTED : 1 + random.nextInt(FEW_LISTED);
    this.limits = new Limits(SMALL_LEDGER, 10_000, 100, maxListed);
    this.process = new MortalScheduler(time);
    this.cache = open();
    this.ledger = Ledger.empty(SMALL_LEDGER);
    this.known.add(cache.asOf());
  }

  /** Takes so many steps, or throws an error at the first disagreement. */
  public void run(int count) {
    for (int step = 0; step < count; step++) {
      step();
      check(
          cache.asOf().revision().number() == model.revision(),
          "the engine is at revision " + cache.asOf().revision());
    }
  }

  /** How many answers were stricter than the model's, as the kind of history allows. */
  public int tolerated() {
    return tolerated;
  }

  private void step() {
    int dice = random.nextInt(100);
    if (dice < 20) {
      invalidate();
    } else if (dice < 50) {
      put();
    } else if (dice < 80) {
      look();
    } else if (dice < 88) {
      pass();
    } else if (dice < 94) {
      refresh();
    } else if (dice < 96) {
      compact();
    } else if (dice < 98) {
      purge();
    } else {
      crash();
    }
  }

  private Cache open() {
    process.kill();
    process = new MortalScheduler(time);
    Cache opened = Cache.over(store, process, random, limits);
    opened.subscribe(invalidation -> ledger.apply(invalidation, time.millis()));
    return opened;
  }

  private void invalidate() {
    TagSet invalidated =
        kind == Kind.FORGETFUL && random.nextInt(3) == 0
            ? someOf(tags, 1 + random.nextInt(400))
            : someTags(1 + random.nextInt(3));
    long expire = DELAYS[random.nextInt(DELAYS.length)];
    record("invalidate %s, expire %d".formatted(shown(invalidated), expire));
    AsOf asOf = cache.invalidate(invalidated, expire).toCompletableFuture().join();
    model.invalidate(invalidated, expire, time.millis());
    check(asOf.equals(cache.asOf()), "acknowledged as of %s".formatted(asOf));
    known.add(asOf);
    for (String tag : invalidated) {
      if (model.openDeadlines(tag, latest) > MAX_PAIRS) {
        crowded.add(tag);
      }
    }
  }

  private void put() {
    byte[] value = ("v" + steps.size()).getBytes(UTF_8);
    var put =
        new Put(
            keys.get(random.nextInt(keys.size())),
            stamp(),
            random.nextInt(3),
            someTags(random.nextInt(4)),
            new CacheLife(0, LIVES[random.nextInt(LIVES.length)], LIVES[random.nextInt(8)]),
            age(),
            CacheEntry.checksum(value),
            value);
    record(
        "put %s as of %s, tags %s, %s, age %d"
            .formatted(
                Entries.name(put.key()), put.asOf(), shown(put.tags()), put.life(), put.age()));
    Optional<CacheEntry> before = model.entry(put.key());
    PutOutcome expected = model.put(put, time.millis());
    PutOutcome actual = cache.put(put).toCompletableFuture().join();
    if (actual == expected) {
      if (actual == PutOutcome.STORED && put.life().expire() > 0) {
        before.ifPresent(replaced -> replaced(put.key(), replaced));
      }
      return;
    }
    if (expected == PutOutcome.SUPERSEDED && actual == PutOutcome.STORED) {
      // Nobody could be served what the model still has, and the engine swept it away.
      check(
          before.filter(stored -> useless(put.key(), stored)).isPresent(), "stored over " + before);
      model.keep(put.key(), Optional.of(entry(put)));
      return;
    }
    check(
        actual == PutOutcome.EXPIRED && mayBeStricter(put.key(), entry(put), TagSet.EMPTY),
        "the engine says %s, the model %s".formatted(actual, expected));
    tolerated++;
    model.keep(put.key(), before);
  }

  /** An entry was replaced: its copies are invalidated, if it was fresh. */
  private void replaced(CacheKey key, CacheEntry entry) {
    boolean invalidated = cache.asOf().revision().number() > model.revision();
    boolean expected = model.isKept(key, entry, time.millis());
    boolean mayBeStricter = expected && mayBeStricter(key, entry, TagSet.EMPTY);
    check(
        invalidated == expected || mayBeStricter,
        "invalidated by a replacement: %s".formatted(invalidated));
    if (invalidated) {
      model.replaced(key);
      known.add(cache.asOf());
    }
  }

  /** True if nobody can be served this entry, or could not have been when the clock was ahead. */
  private boolean useless(CacheKey key, CacheEntry entry) {
    return mayBeStricter(key, entry, TagSet.EMPTY)
        || model.freshness(key, entry, TagSet.EMPTY, time.millis()) instanceof Freshness.Expired;
  }

  private void look() {
    CacheKey key = keys.get(random.nextInt(keys.size()));
    TagSet softTags = someTags(random.nextInt(3));
    record("lookup %s, soft tags %s".formatted(Entries.name(key), shown(softTags)));
    LookupOutcome outcome =
        cache
            .lookup(new Lookup(key, softTags, false, 0), new Caller())
            .outcome()
            .toCompletableFuture()
            .join();
    Optional<CacheEntry> entry = model.entry(key);
    Freshness expected =
        entry
            .map(stored -> model.freshness(key, stored, softTags, time.millis()))
            .orElse(new Freshness.Expired(Freshness.Cause.AGE));
    boolean agreed =
        switch (outcome) {
          case LookupOutcome.FreshHit(var asOf, var found) ->
              expected instanceof Freshness.Fresh && same(found, entry);
          case LookupOutcome.StaleHit(var asOf, long lease, var found) ->
              expected instanceof Freshness.Stale && same(found, entry);
          case LookupOutcome.Miss(var asOf, long lease) ->
              expected instanceof Freshness.Expired || tolerate(key, entry, softTags);
        };
    check(agreed, "the engine says %s, the model %s of %s".formatted(outcome, expected, entry));
    check(outcome.asOf().equals(cache.asOf()), "true as of " + outcome.asOf());
  }

  private boolean tolerate(CacheKey key, Optional<CacheEntry> entry, TagSet softTags) {
    boolean may = entry.filter(found -> mayBeStricter(key, found, softTags)).isPresent();
    tolerated += may ? 1 : 0;
    return may;
  }

  /** True if the engine may call an entry expired that the model calls something better. */
  private boolean mayBeStricter(CacheKey key, CacheEntry entry, TagSet softTags) {
    boolean forgotten =
        kind == Kind.FORGETFUL && model.tagsSince(entry.revision().number()) > limits.ledgerTags();
    boolean joined =
        entry.tags().names().stream().anyMatch(crowded::contains)
            || softTags.names().stream().anyMatch(crowded::contains);
    boolean expiredOnce =
        model.freshness(key, entry, softTags, latest) instanceof Freshness.Expired;
    return forgotten
        || expiredOnce
        || (joined
            && model.freshness(key, entry, softTags, time.millis()) instanceof Freshness.Stale);
  }

  private void pass() {
    int dice = random.nextInt(10);
    if (dice < 7) {
      time.advance(random.nextInt(2_000));
    } else if (dice < 9 || kind != Kind.CLOCK_SET_BACK) {
      time.advance(random.nextInt(100_000));
    } else {
      time.set(time.millis() - random.nextInt(60_000));
    }
    latest = Math.max(latest, time.millis());
    record("it is %d".formatted(time.millis()));
  }

  /**
   * Whoever applies what a refresh lists to what it knew before, or to nothing if that is no use,
   * must come to the model's answer for every entry it may judge.
   */
  private void refresh() {
    AsOf from =
        switch (random.nextInt(10)) {
          case 0 -> foreign();
          case 1 -> AsOf.NONE;
          default -> known.get(random.nextInt(known.size()));
        };
    record("refresh from %s".formatted(from));
    Refreshed refreshed = cache.refresh(from).toCompletableFuture().join();
    check(refreshed.asOf().equals(cache.asOf()), "refreshed as of " + refreshed.asOf());
    long since = refreshed.missed().since().number();
    long wanted = earliest(from);
    boolean tooMany = model.pairsSince(since - 1) > limits.maxListed();
    check(
        since == wanted || (since > wanted && tooMany),
        "the list begins after %d, not %d: %s".formatted(since, wanted, refreshed));
    int listed =
        refreshed.missed().invalidations().stream().mapToInt(missed -> missed.tags().size()).sum();
    check(listed <= limits.maxListed(), "%d tags listed".formatted(listed));
    boolean goesOn = ours(from) && from.revision().number() >= since;
    List<ReferenceModel.Happened> learnt = new ArrayList<>();
    if (goesOn) {
      model.history().stream()
          .filter(happened -> happened.revision() <= from.revision().number())
          .forEach(learnt::add);
    }
    long last = since;
    for (Invalidation missed : refreshed.missed().invalidations()) {
      long of = missed.revision().number();
      check(of > since && of >= last, "not in order: " + refreshed);
      last = of;
      learnt.add(new ReferenceModel.Happened(of, missed.tags(), missed.expiresAt()));
    }
    long first = goesOn ? 0 : since;
    for (int i = 0; i < 20; i++) {
      long made = first + random.nextLong(model.revision() - first + 1);
      TagSet of = someTags(1 + random.nextInt(2));
      CacheEntry entry =
          Entries.entry(new byte[0], made, Entries.FOREVER, 0, of.names().toArray(String[]::new));
      // Who begins with the list keeps nothing that was seen before, whatever was purged by then.
      CacheKey key = goesOn ? keys.get(random.nextInt(keys.size())) : Entries.key("never purged");
      Freshness expected = model.freshness(key, entry, TagSet.EMPTY, time.millis());
      Freshness actual = ReferenceModel.freshness(learnt, key, entry, TagSet.EMPTY, time.millis());
      check(
          actual.equals(expected)
              || (actual instanceof Freshness.Expired && mayBeStricter(key, entry, TagSet.EMPTY)),
          "%s of %s after %s, in the model %s".formatted(actual, entry, refreshed, expected));
    }
  }

  private boolean ours(AsOf asOf) {
    return asOf.store().equals(cache.asOf().store())
        && asOf.revision().number() <= model.revision();
  }

  /** The revision from which the engine remembers everything that one who knew so much missed. */
  private long earliest(AsOf from) {
    long floor = cache.stats().floor().number();
    check(
        floor == 0 || (kind == Kind.FORGETFUL && model.tagsSince(floor - 1) > limits.ledgerTags()),
        "the ledger forgot up to " + floor);
    return ours(from) ? Math.max(from.revision().number(), floor) : floor;
  }

  private void purge() {
    CacheKey key = keys.get(random.nextInt(keys.size()));
    record("purge " + Entries.name(key));
    AsOf asOf = cache.purge(key).toCompletableFuture().join();
    model.purge(key);
    check(asOf.equals(cache.asOf()), "acknowledged as of %s".formatted(asOf));
    known.add(asOf);
  }

  private void compact() {
    record("compact");
    store.log().compact(ledger.revision(), ledger.snapshot());
  }

  private void crash() {
    record("crash and reopen");
    cache = open();
    ledger = Ledger.restore(ledger.snapshot(), limits.ledgerTags());
  }

  private AsOf stamp() {
    return switch (random.nextInt(10)) {
      case 0 -> foreign();
      case 1 -> AsOf.NONE;
      case 2 ->
          new AsOf(
              cache.asOf().store(),
              new Revision(cache.asOf().revision().number() + 1 + random.nextInt(3)));
      case 3, 4 -> known.get(random.nextInt(known.size()));
      case 5, 6 -> known.get(Math.max(0, known.size() - 1 - random.nextInt(4)));
      default -> cache.asOf();
    };
  }

  private AsOf foreign() {
    return new AsOf(new StoreIdentity(1 + random.nextInt(100)), new Revision(random.nextInt(5)));
  }

  private long age() {
    return switch (random.nextInt(10)) {
      case 0 -> -random.nextInt(10_000);
      case 1 -> Long.MAX_VALUE;
      case 2 -> random.nextInt(1_000_000);
      case 3, 4, 5 -> random.nextInt(5_000);
      default -> 0;
    };
  }

  /** Some of the few tags that meet again and again. */
  private TagSet someTags(int count) {
    return someOf(tags.subList(0, 5), count);
  }

  private TagSet someOf(List<String> among, int count) {
    List<String> shuffled = new ArrayList<>(among);
    Collections.shuffle(shuffled, random);
    return TagSet.of(shuffled.subList(0, count));
  }

  private CacheEntry entry(Put put) {
    return new CacheEntry(
        put.asOf().revision(),
        put.tags(),
        put.life(),
        time.millis() - put.age(),
        put.checksum(),
        put.value());
  }

  private static boolean same(CacheEntry found, Optional<CacheEntry> expected) {
    return expected.filter(entry -> Entries.text(entry).equals(Entries.text(found))).isPresent();
  }

  private static String shown(TagSet tags) {
    return tags.size() <= 5 ? tags.toString() : "[%d tags]".formatted(tags.size());
  }

  private void record(String step) {
    steps.add((steps.size() + 1) + ". " + step);
  }

  private void check(boolean condition, String why) {
    if (!condition) {
      throw new AssertionError(
          "seed %d, %s history, at %d: %s%n%s"
              .formatted(
                  seed,
                  kind,
                  time.millis(),
                  why,
                  String.join(
                      System.lineSeparator(),
                      steps.subList(Math.max(0, steps.size() - SHOWN_STEPS), steps.size()))));
    }
  }
}
