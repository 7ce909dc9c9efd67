package dev.larder.core;

import static dev.larder.testkit.Entries.FOREVER;
import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What values mean at their limits, and what is said about those beyond them. */
class ValuesTest {
  private static final long NEVER = CacheLife.NEVER;

  private static void refused(ThrowingCallable value, String... saying) {
    assertThatThrownBy(value)
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContainingAll(saying);
  }

  @Nested
  class Keys {
    @Test
    void haveOneTo512Bytes() {
      assertThat(CacheKey.of(new byte[1]).bytes()).hasSize(1);
      assertThat(CacheKey.of(new byte[512]).bytes()).hasSize(512);
      refused(() -> CacheKey.of(new byte[0]), "a key of 0 bytes", "1 to 512");
      refused(() -> CacheKey.of(new byte[513]), "a key of 513 bytes", "1 to 512");
    }

    @Test
    void areEqualIfTheirBytesAre() {
      assertThat(key("a")).isEqualTo(key("a")).hasSameHashCodeAs(key("a"));
      assertThat(key("a")).isNotEqualTo(key("b")).isNotEqualTo("a");
    }

    @Test
    void areOrderedByTheirBytes() {
      assertThat(key("a")).isLessThan(key("aa")).isLessThan(key("b")).isLessThan(key("é"));
    }
  }

  @Nested
  class Namespaces {
    @ParameterizedTest
    @ValueSource(strings = {"a", "0", "shop-production", "a.b_c"})
    void areNamedSimply(String name) {
      assertThat(new Namespace(name).name()).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-a", "Shop", "a/b", "ä"})
    void areRefusedByTheirName(String name) {
      refused(() -> new Namespace(name), "namespace '" + name + "'");
    }

    @Test
    void haveAtMost63Characters() {
      assertThat(new Namespace("a".repeat(63)).name()).hasSize(63);
      refused(() -> new Namespace("a".repeat(64)), "1 to 63 characters");
    }

    @Test
    void areNotQuotedAtFullLengthNorWithControlCharacters() {
      assertThat(InvalidValueException.shortened("a".repeat(80))).isEqualTo("a".repeat(80));
      assertThat(InvalidValueException.shortened("a".repeat(81))).isEqualTo("a".repeat(80) + "…");
      assertThat(InvalidValueException.shortened("a\nb")).isEqualTo("a?b");
    }
  }

  @Nested
  class Tags {
    @Test
    void areAtMost8192With4MiBTogether() {
      List<String> most =
          new Random(1).longs().distinct().limit(8192).mapToObj(n -> "t" + n).toList();
      assertThat(TagSet.of(most).size()).isEqualTo(8192);
      refused(() -> TagSet.of(Collections.nCopies(8193, "t")), "8193 tags", "at most 8192");
      refused(
          () -> TagSet.of(Collections.nCopies(1025, "é".repeat(2048))), "4198400 bytes together");
    }

    @Test
    void mayHave4MiBTogetherInMoreThan1024() {
      List<String> most =
          IntStream.range(0, 2048).mapToObj(n -> "%04d".formatted(n) + "a".repeat(2044)).toList();
      assertThat(TagSet.of(most).size()).isEqualTo(2048);
    }

    @Test
    void ofKeysAreToldFromOthers() {
      CacheKey key = key("a");
      assertThat(List.of(key.purgeTag(), key.copyTag())).allMatch(CacheKey::isTagOfKey);
      assertThat(List.of("larder:other", "a")).noneMatch(CacheKey::isTagOfKey);
      assertThat(CacheKey.isPurgeTag(key.purgeTag())).isTrue();
      assertThat(CacheKey.isPurgeTag(key.copyTag())).isFalse();
    }

    @Test
    void have1To4096BytesEach() {
      assertThat(TagSet.of("a".repeat(4096)).size()).isEqualTo(1);
      assertThat(TagSet.of("é".repeat(2048)).size()).isEqualTo(1);
      refused(() -> TagSet.of(""), "an empty tag");
      refused(() -> TagSet.of("a".repeat(4097)), "tag 'aaa", "4096 bytes");
      refused(() -> TagSet.of("€".repeat(1366)), "tag '€€€", "4096 bytes");
    }

    @Test
    void countOnceAndKeepTheirOrder() {
      assertThat(TagSet.of("b", "a", "b").names()).containsExactly("b", "a");
    }

    @Test
    void areEmptyOrNot() {
      assertThat(TagSet.of().isEmpty()).isTrue();
      assertThat(TagSet.of("a").isEmpty()).isFalse();
    }
  }

  @Nested
  class Lives {
    @Test
    void areNotNegative() {
      refused(() -> new CacheLife(-1, 0, 0), "stale -1");
      refused(() -> new CacheLife(0, -1, 0), "revalidate -1");
      refused(() -> new CacheLife(0, 0, -1), "expire -1");
    }

    @Test
    void areNeverLongerThanNever() {
      assertThat(new CacheLife(NEVER + 1, NEVER + 1, Long.MAX_VALUE))
          .isEqualTo(new CacheLife(NEVER, NEVER, NEVER));
    }

    @Test
    void endAtAMomentOrNever() {
      assertThat(head(7, 1_000).expiresAt()).isEqualTo(8_000);
      assertThat(head(NEVER, 1_000).expiresAt()).isEqualTo(Long.MAX_VALUE);
    }

    private static EntryHead head(long expire, long generatedAt) {
      return EntryHead.of(
          key("a"), entry(new byte[3], 1, new CacheLife(0, 0, expire), generatedAt, "a"));
    }
  }

  @Nested
  class Invalidations {
    @Test
    void haveADeadline() {
      assertThat(Invalidation.deadline(0, 5_000)).isEqualTo(Invalidation.NOW);
      assertThat(Invalidation.deadline(1, 5_000)).isEqualTo(6_000);
      assertThat(Invalidation.deadline(NEVER - 1, 5_000)).isEqualTo(5_000 + (NEVER - 1) * 1000);
      assertThat(Invalidation.deadline(NEVER, 5_000)).isEqualTo(Invalidation.NEVER);
      assertThat(Invalidation.deadline(Long.MAX_VALUE, 5_000)).isEqualTo(Invalidation.NEVER);
      refused(() -> Invalidation.deadline(-1, 5_000), "expire -1", "0 or more");
    }

    @Test
    void tellHowLongItIsUntilThen() {
      assertThat(until(Invalidation.NOW)).isZero();
      assertThat(until(4_999)).isZero();
      assertThat(until(5_000)).isZero();
      assertThat(until(5_001)).isEqualTo(1);
      assertThat(until(Invalidation.NEVER)).isEqualTo(Invalidation.NEVER);
    }

    private static long until(long deadline) {
      return new Invalidation(new Revision(1), TagSet.of("a"), deadline).expiresIn(5_000);
    }
  }

  @Nested
  class Histories {
    @Test
    void countFromZeroOn() {
      assertThat(Revision.ZERO.next()).isEqualTo(new Revision(1));
      refused(() -> new Revision(-1), "revision -1", "0 or more");
    }

    @Test
    void areOrdered() {
      assertThat(new Revision(2)).isGreaterThan(new Revision(1)).isLessThan(new Revision(3));
      assertThat(new Revision(2).isAfter(new Revision(2))).isFalse();
    }

    @Test
    void haveAnIdentityThatIsNotNone() {
      assertThat(StoreIdentity.born(new Random(1)))
          .isEqualTo(new StoreIdentity(new Random(1).nextLong()));
      var numbers = List.of(0L, 0L, 7L).iterator();
      RandomGenerator zeroFirst = numbers::next;
      assertThat(StoreIdentity.born(zeroFirst)).isEqualTo(new StoreIdentity(7));
    }
  }

  @Nested
  class Generated {
    @Test
    void anEntryIsNeverYoungerThanNew() {
      CacheEntry entry = entry(new byte[0], 0, FOREVER, 1_000);
      assertThat(entry.age(999)).isZero();
      assertThat(entry.age(1_001)).isEqualTo(1);
    }

    @Test
    void aValueIsIntactIfItHasItsChecksum() {
      byte[] value = "123456789".getBytes(US_ASCII);
      assertThat(CacheEntry.checksum(value)).isEqualTo(0xcbf43926);
      assertThat(entry("123456789", 0).intact()).isTrue();
      var other =
          new CacheEntry(Revision.ZERO, TagSet.EMPTY, new CacheLife(0, 0, 1), 0, 0xcbf43927, value);
      assertThat(other.intact()).isFalse();
    }

    @Test
    void anOutcomeHasItsNumberOnTheWire() {
      assertThat(PutOutcome.values()).extracting(PutOutcome::number).containsExactly(0, 1, 2, 3, 4);
    }
  }
}
