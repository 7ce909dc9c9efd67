package dev.larder.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.CacheKey;
import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.server.store.Records.Damaged;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The format on disk: what is written is read, and what was not written is noticed. */
class RecordsTest {
  static final List<Row<?>> ROWS = Row.ALL;

  /** Enough for every branch of the contents; the same in every run. */
  private static final int ROUNDS = 100;

  @ParameterizedTest
  @FieldSource("ROWS")
  void whatIsWrittenIsRead(Row<?> row) {
    var random = new Random(1);
    for (int i = 0; i < ROUNDS; i++) {
      row.checkWriteAndRead(random);
    }
  }

  @ParameterizedTest
  @FieldSource("ROWS")
  void everyFlippedBitIsNoticed(Row<?> row) {
    var random = new Random(2);
    for (int i = 0; i < ROUNDS / 10; i++) {
      byte[] bytes = row.any(random);
      for (int bit = 0; bit < bytes.length * 8; bit++) {
        bytes[bit / 8] ^= (byte) (1 << bit % 8);
        assertThat(row.refuses(bytes)).as("bit %d of %d bytes", bit, bytes.length).isTrue();
        bytes[bit / 8] ^= (byte) (1 << bit % 8);
      }
      assertThat(row.refuses(bytes)).isFalse();
    }
  }

  @ParameterizedTest
  @FieldSource("ROWS")
  void everyTornRowIsNoticed(Row<?> row) {
    var random = new Random(3);
    for (int i = 0; i < ROUNDS / 10; i++) {
      byte[] bytes = row.any(random);
      for (int length = 0; length < bytes.length; length++) {
        byte[] torn = Arrays.copyOf(bytes, length);
        assertThat(row.refuses(torn)).as("%d of %d bytes", length, bytes.length).isTrue();
      }
    }
  }

  @ParameterizedTest
  @FieldSource("ROWS")
  void anyBytesAreReadOrDamaged(Row<?> row) {
    var random = new Random(4);
    int read = 0;
    for (int i = 0; i < ROUNDS * 10; i++) {
      byte[] bytes = new byte[random.nextInt(80)];
      random.nextBytes(bytes);
      row.checkRead(bytes);
      byte[] changed = row.any(random);
      changed[random.nextInt(changed.length)] = (byte) random.nextInt();
      read += row.checkRead(row.sealed(changed)) ? 1 : 0;
    }
    assertThat(read).isPositive();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, Long.MAX_VALUE, Long.MIN_VALUE, -1})
  void theKeysOfAnIdentityAreApartFromAllOthers(long number) {
    var identity = new StoreIdentity(number);
    byte[] least = Records.identity(identity);
    byte[] end = Records.after(identity);
    byte[] longest = new byte[CacheKey.MAX_BYTES];
    Arrays.fill(longest, (byte) -1);
    for (byte[] name : List.of(new byte[1], longest)) {
      byte[] key = Records.entryKey(identity, CacheKey.of(name));
      assertThat(Arrays.compareUnsigned(least, key)).isNegative();
      assertThat(Arrays.compareUnsigned(key, end)).isNegative();
      assertThat(Records.identityOf(key)).isEqualTo(identity);
      assertThat(Records.keyOf(key)).isEqualTo(CacheKey.of(name));
    }
    byte[] logKey = Records.logKey(identity, Long.MAX_VALUE);
    assertThat(Arrays.compareUnsigned(logKey, end)).isNegative();
    assertThat(Records.revisionOf(logKey)).isEqualTo(new Revision(Long.MAX_VALUE));
    byte[] next = Records.entryKey(new StoreIdentity(number + 1), CacheKey.of(new byte[1]));
    assertThat(Arrays.compareUnsigned(end, next) <= 0 || number == -1).isTrue();
  }

  @Test
  void aKeyNobodyWroteIsDamaged() {
    for (int length = 0; length < 8; length++) {
      byte[] key = new byte[length];
      assertThatThrownBy(() -> Records.identityOf(key)).isInstanceOf(Damaged.class);
      assertThatThrownBy(() -> Records.keyOf(key)).isInstanceOf(Damaged.class);
      assertThatThrownBy(() -> Records.revisionOf(key)).isInstanceOf(Damaged.class);
      assertThatThrownBy(() -> Records.namespaceOf(key)).isInstanceOf(Damaged.class);
    }
    assertThatThrownBy(() -> Records.keyOf(new byte[8])).isInstanceOf(Damaged.class);
    assertThatThrownBy(() -> Records.keyOf(new byte[8 + 513])).isInstanceOf(Damaged.class);
    var namespace = new Namespace("shop");
    assertThat(Records.namespaceOf(Records.namespaceKey(namespace))).isEqualTo(namespace);
  }
}
