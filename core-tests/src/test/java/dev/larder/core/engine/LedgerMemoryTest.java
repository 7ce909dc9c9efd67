package dev.larder.core.engine;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Freshness;
import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** Ledgers are bounded in memory too: tags may be long, and namespaces many. */
class LedgerMemoryTest {
  private static final long NOW = 1_000;
  private static final long MIB = 1 << 20;
  private static final int MANY = 1_000_000;

  private static Ledger ledger(LedgerMemory memory) {
    return Ledger.empty(MANY, memory);
  }

  private static void invalidate(Ledger ledger, int count, IntFunction<String> tag) {
    for (int i = 0; i < count; i++) {
      ledger.apply(
          new Invalidation(ledger.revision().next(), TagSet.of(tag.apply(i)), Invalidation.NOW),
          NOW);
    }
  }

  private static String longTag(int number) {
    return "%04d".formatted(number) + "x".repeat(TagSet.MAX_TAG_BYTES - 4);
  }

  private static Freshness worth(Ledger ledger, long revision, String tag) {
    return ledger.freshness(key("key"), entry("x", revision, tag), TagSet.EMPTY, NOW);
  }

  @Test
  void longTagsAreForgottenInTimeAndWhatIsOlderExpires() {
    var memory = LedgerMemory.of(MIB);
    Ledger ledger = ledger(memory);
    invalidate(ledger, 1_000, LedgerMemoryTest::longTag);
    assertThat(memory.used()).isBetween(MIB - 2 * TagSet.MAX_TAG_BYTES, MIB);
    assertThat(ledger.size()).isBetween(240, 260);
    assertThat(ledger.floor()).isEqualTo(new Revision(1_000 - ledger.size()));
    assertThat(worth(ledger, ledger.floor().number() - 1, "other"))
        .isEqualTo(new Freshness.Expired(Freshness.Cause.FORGOTTEN));
    assertThat(worth(ledger, ledger.floor().number(), "other")).isEqualTo(Freshness.FRESH);
    assertThat(worth(ledger, 998, longTag(999))).isInstanceOf(Freshness.Expired.class);
  }

  @Test
  void whoIsOpenedWithMoreForgetsToo() {
    Ledger large = ledger(LedgerMemory.unbounded());
    invalidate(large, 1_000, LedgerMemoryTest::longTag);
    var memory = LedgerMemory.of(MIB);
    Ledger restored = Ledger.restore(large.snapshot(), MANY, memory);
    assertThat(memory.used()).isLessThanOrEqualTo(MIB);
    assertThat(restored.floor()).isEqualTo(new Revision(1_000 - restored.size()));
  }

  @Test
  void aNamespaceThatUsesLittleKeepsItWhateverAnotherTakes() {
    var memory = LedgerMemory.of(MIB);
    Ledger greedy = ledger(memory);
    invalidate(greedy, 1_000, LedgerMemoryTest::longTag);
    Ledger modest = ledger(memory);
    invalidate(modest, 400, i -> "tag" + i);
    invalidate(greedy, 1_000, LedgerMemoryTest::longTag);
    assertThat(modest.floor()).isEqualTo(Revision.ZERO);
    assertThat(modest.size()).isEqualTo(400);
  }

  @Test
  void marksOfKeysNeverWearOutTags() {
    var memory = LedgerMemory.of(MIB);
    Ledger ledger = ledger(memory);
    invalidate(ledger, 500, i -> "tag" + i);
    invalidate(ledger, 20_000, i -> key("purged" + i).purgeTag());
    assertThat(ledger.floor()).isEqualTo(Revision.ZERO);
    assertThat(ledger.size()).isEqualTo(500);
    assertThat(ledger.keyFloor()).isNotEqualTo(Revision.ZERO);
    assertThat(memory.used()).isLessThanOrEqualTo(MIB).isEqualTo(ledger.bytes());
    ledger.close();
    assertThat(memory.used()).isZero();
    invalidate(ledger, 1, i -> "late");
    assertThat(memory.used()).as("it is not used any more").isZero();
  }

  @Test
  void manyNamespacesTogetherTakeTwiceAsMuchAtMost() {
    var memory = LedgerMemory.of(MIB);
    List<Ledger> ledgers = new ArrayList<>();
    for (int namespace = 0; namespace < 100; namespace++) {
      Ledger ledger = ledger(memory);
      ledgers.add(ledger);
      invalidate(ledger, 300, LedgerMemoryTest::longTag);
      assertThat(memory.used()).isLessThanOrEqualTo(2 * MIB);
    }
    ledgers.forEach(Ledger::close);
    assertThat(memory.used()).isZero();
  }

  @Test
  void whatIsForgottenOrReplacedDoesNotCount() {
    var memory = LedgerMemory.of(MIB);
    Ledger ledger = Ledger.empty(TagSet.MAX_TAGS, memory);
    invalidate(ledger, 50_000, i -> "tag%05d".formatted(i % 2_000));
    assertThat(memory.used())
        .isEqualTo(ledger.bytes())
        .isEqualTo(ledger.size() * LedgerMemory.bytes("tag00000", 1));
    invalidate(ledger, 3_000, i -> "tag%05d".formatted(i % 1_000));
    assertThat(memory.used()).isEqualTo(ledger.size() * LedgerMemory.bytes("tag00000", 1));
    assertThat(LedgerMemory.bytes("tag00000", 3) - LedgerMemory.bytes("tag00000", 1))
        .as("two marks of two numbers each")
        .isEqualTo(32);
    ledger.close();
    ledger.close();
    assertThat(memory.used()).isZero();
  }

  /** What is counted is what it takes: measured, since nobody can know it. */
  @Test
  void aTagTakesAboutWhatIsCounted() {
    int count = 100_000;
    for (int letters : new int[] {20, 500}) {
      String padding = "x".repeat(letters - 6);
      long before = heap();
      Ledger ledger = ledger(LedgerMemory.unbounded());
      invalidate(ledger, count, i -> "%06d".formatted(i) + padding);
      long taken = heap() - before;
      System.out.printf(
          "a tag of %d letters takes %d bytes, and counts as %d%n",
          letters, taken / count, ledger.bytes() / count);
      assertThat(ledger.bytes()).isBetween(taken * 2 / 3, taken * 3 / 2);
    }
  }

  private static long heap() {
    Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }

  @Test
  void whatJustFitsIsNotTooMuch() {
    var memory = LedgerMemory.of(800);
    memory.add(800);
    assertThat(memory.exceededBy(800)).as("all that there is").isFalse();
    memory.add(1);
    assertThat(memory.exceededBy(100)).as("a share while others take all").isFalse();
    assertThat(memory.exceededBy(101)).isTrue();
    memory.add(799);
    assertThat(memory.exceededBy(0)).as("twice as much as there is").isFalse();
    memory.add(1);
    assertThat(memory.exceededBy(0)).isTrue();
  }

  @Test
  void aTableSaysWhatIsNewToItAndWhatItForgets() {
    var memory = LedgerMemory.of(1);
    memory.add(3);
    var table = new MarkTable(2, memory, 0);
    assertThat(table.overfull()).as("with nothing to forget").isFalse();
    Marks marks = Marks.NONE.with(7, 0, 0, 2);
    assertThat(table.put("a", marks)).isTrue();
    assertThat(table.put("b", marks)).isTrue();
    assertThat(table.put("a", marks)).isFalse();
    assertThat(table.overfull()).isTrue();
    assertThat(table.forgetOldest()).isEqualTo("b");
  }
}
