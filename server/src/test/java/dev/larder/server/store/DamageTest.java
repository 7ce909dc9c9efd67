package dev.larder.server.store;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static dev.larder.testkit.Entries.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.Lookup;
import dev.larder.core.LookupOutcome;
import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.engine.Cache;
import dev.larder.core.engine.Caller;
import dev.larder.core.engine.Limits;
import dev.larder.core.spi.EntryStore.PutResult;
import dev.larder.core.spi.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every kind of damage to every kind of file a store leaves behind, when it is killed and when it
 * is stopped: it is refused, or what is gone is a miss, or a new history begins, and the log says
 * so. Never is anything served that was invalidated, or that is another key's.
 */
class DamageTest {
  private static final Namespace SHOP = new Namespace("shop");
  private static final Namespace BLOG = new Namespace("blog");
  private static final Namespace GONE = new Namespace("gone");
  private static final int KEYS = 12;

  /** How many damages of each state are tried unless all are. */
  private static final int SOME = 60;

  @TempDir private Path temporary = Path.of("");

  private final Said said = new Said();

  /** What may be served, by namespace and key. */
  private final Map<String, String> valid = new HashMap<>();

  private final Map<Namespace, AsOf> acknowledged = new HashMap<>();

  @BeforeEach
  void listen() {
    Logger.getLogger("dev.larder.server.store").addHandler(said);
  }

  @AfterEach
  void listenNoMore() {
    Logger.getLogger("dev.larder.server.store").removeHandler(said);
  }

  @Test
  void someDamage() throws IOException {
    long seed = Long.getLong("larder.seed", System.nanoTime());
    inflict(damages -> {
      Collections.shuffle(damages, new Random(seed));
      // One of each kind to each kind of file, and then others.
      var kinds = new HashMap<String, Damage>();
      damages.forEach(damage -> kinds.putIfAbsent(kind(damage), damage));
      return Stream.concat(kinds.values().stream(), damages.stream())
          .distinct()
          .limit(SOME)
          .toList();
    });
  }

  @Test
  @Tag("full")
  void everyDamage() throws IOException {
    inflict(damages -> damages);
  }

  private static String kind(Damage damage) {
    return damage.what() + " " + damage.file().getFileName().toString().replaceAll("\\d+", "");
  }

  /** Which damages to try. */
  private interface Choice {
    List<Damage> of(List<Damage> damages);
  }

  private void inflict(Choice choice) throws IOException {
    Path live = temporary.resolve("live");
    Path young = temporary.resolve("killed, young");
    Path killed = temporary.resolve("killed");
    try (var store = open(live)) {
      firstHalf(store);
      copy(live, young);
    }
    Map<String, String> validInYoung = Map.copyOf(valid);
    Map<Namespace, AsOf> acknowledgedInYoung = Map.copyOf(acknowledged);
    try (var store = open(live)) {
      secondHalf(store);
      copy(live, killed);
    }
    var wrong = new ArrayList<String>();
    var outcomes = new TreeMap<String, Integer>();
    for (Path state : List.of(young, killed, live)) {
      boolean isYoung = state.equals(young);
      var audit =
          new Audit(isYoung ? validInYoung : valid, isYoung ? acknowledgedInYoung : acknowledged);
      Path whole = temporary.resolve("whole");
      copy(state, whole);
      assertThat(audit.verdict(whole, "undamaged")).isEmpty();
      assertThat(audit.outcome).isEqualTo("whole");
      delete(whole);
      for (Damage damage : choice.of(new ArrayList<>(Damage.everything(state)))) {
        Path damaged = temporary.resolve("damaged");
        copy(state, damaged);
        if (damage.inflict(damaged)) {
          wrong.addAll(audit.verdict(damaged, state.getFileName() + ": " + damage));
          outcomes.merge(audit.outcome, 1, Integer::sum);
        }
        delete(damaged);
      }
    }
    System.out.println("damages: " + outcomes);
    assertThat(outcomes).containsKeys("refused", "begun anew", "misses", "whole");
    assertThat(wrong).isEmpty();
  }

  /** What goes into a store before it is closed a first time. */
  private void firstHalf(EmbeddedStore store) {
    for (Namespace namespace : List.of(SHOP, BLOG, GONE)) {
      for (int i = 0; i < KEYS; i++) {
        put(store, namespace, i, "first");
      }
    }
    for (int i = 0; i < KEYS; i += 3) {
      invalidate(store, SHOP, i);
    }
    done(store.delete(GONE));
    valid.keySet().removeIf(where -> where.startsWith("gone"));
  }

  private void secondHalf(EmbeddedStore store) {
    for (int i = 0; i < KEYS; i += 2) {
      put(store, SHOP, i, "second");
    }
    for (int i = 0; i < KEYS; i += 4) {
      invalidate(store, SHOP, i);
      invalidate(store, BLOG, i);
    }
  }

  private void put(EmbeddedStore store, Namespace namespace, int number, String turn) {
    long revision =
        acknowledged.containsKey(namespace) ? acknowledged.get(namespace).revision().number() : 0;
    // Every other value is in a blob file.
    String value = value(namespace, number, turn) + " ".repeat(number % 2 * 5000);
    assertThat(
            done(
                done(store.open(namespace))
                    .entries()
                    .put(key("key " + number), entry(value, revision, tag(number)))))
        .isInstanceOf(PutResult.Kept.class);
    valid.put(namespace + " " + number, value);
  }

  private void invalidate(EmbeddedStore store, Namespace namespace, int number) {
    var opened = done(store.open(namespace));
    Revision revision = done(opened.log().append(TagSet.of(tag(number)), 0)).revision();
    acknowledged.put(namespace, new AsOf(opened.log().identity(), revision));
    valid.remove(namespace + " " + number);
  }

  private static String value(Namespace namespace, int number, String turn) {
    return "%s %d %s".formatted(namespace, number, turn);
  }

  private static String tag(int number) {
    return "tag " + number;
  }

  /** Looks at what a damaged directory serves. */
  private final class Audit {
    private final Map<String, String> valid;
    private final Map<Namespace, AsOf> acknowledged;

    /** What became of the last damage. */
    private String outcome = "";

    Audit(Map<String, String> valid, Map<Namespace, AsOf> acknowledged) {
      this.valid = valid;
      this.acknowledged = acknowledged;
    }

    /** What is wrong with what is served. */
    List<String> verdict(Path directory, String damage) {
      said.clear();
      var wrong = new ArrayList<String>();
      boolean anew = false;
      boolean lacks = false;
      try (var store = open(directory)) {
        for (Namespace namespace : List.of(SHOP, BLOG, GONE)) {
          Cache cache;
          try {
            cache = cache(store, namespace);
          } catch (CompletionException e) {
            assertThat(e).hasCauseInstanceOf(StoreException.class);
            lacks = true;
            continue;
          }
          AsOf before = acknowledged.getOrDefault(namespace, AsOf.NONE);
          boolean same = cache.asOf().store().equals(before.store());
          if (same && before.revision().isAfter(cache.asOf().revision())) {
            wrong.add("%s: %s goes on at %s".formatted(damage, namespace, cache.asOf()));
          }
          anew |= !same && acknowledged.containsKey(namespace);
          for (int i = 0; i < KEYS; i++) {
            String expected = valid.get(namespace + " " + i);
            String found = served(cache, "key " + i);
            if (!found.isEmpty() && !found.equals(expected)) {
              wrong.add(
                  "%s: key %d of %s is '%s', expected '%s'"
                      .formatted(damage, i, namespace, found.strip(), expected));
            }
            lacks |= expected != null && found.isEmpty();
          }
        }
      } catch (StoreException e) {
        String why = String.valueOf(e.getMessage());
        if (!why.contains(directory.toString()) || why.contains("in use")) {
          wrong.add("%s: refused with '%s'".formatted(damage, why));
        }
        outcome = "refused";
        return wrong;
      }
      outcome = anew ? "begun anew" : lacks ? "misses" : "whole";
      lacks |= anew;
      if (lacks && said.nothing()) {
        wrong.add("%s: something is missing, and nothing is said".formatted(damage));
      }
      return wrong;
    }
  }

  private static String served(Cache cache, String key) {
    LookupOutcome outcome =
        done(cache.lookup(new Lookup(key(key), TagSet.EMPTY, false, 0), new Caller()).outcome());
    return outcome instanceof LookupOutcome.FreshHit(AsOf asOf, CacheEntry found)
        ? text(found)
        : "";
  }

  private static Cache cache(EmbeddedStore store, Namespace namespace) {
    return Cache.over(
        done(store.open(namespace)), (delay, task) -> () -> {}, new Random(1), Limits.DEFAULT);
  }

  private static <T> T done(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private static EmbeddedStore open(Path directory) {
    return EmbeddedStore.open(directory, StoreFixture.OPTIONS, "boot");
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path copied = to.resolve(from.relativize(file));
        if (file.toString().contains("native/")) {
          Files.createLink(copied, file);
        } else {
          Files.copy(file, copied);
        }
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Everything a store logs that is worth a line. */
  private static final class Said extends Handler {
    private final List<String> lines = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void publish(LogRecord line) {
      if (line.getLevel().intValue() >= Level.WARNING.intValue()
          && !line.getMessage().startsWith("--disk")) {
        lines.add(line.getMessage());
      }
    }

    boolean nothing() {
      return lines.isEmpty();
    }

    void clear() {
      lines.clear();
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
