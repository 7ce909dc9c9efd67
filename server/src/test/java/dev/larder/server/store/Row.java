package dev.larder.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.EntryHead;
import dev.larder.core.Invalidation;
import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.server.store.Records.Commit;
import dev.larder.server.store.Records.Damaged;
import dev.larder.server.store.Records.Snapshot;
import dev.larder.server.store.Records.Use;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.zip.CRC32;

/**
 * A kind of row, as {@link Records} writes and reads it.
 *
 * @param name what it is
 * @param key the key it is under
 * @param random any content
 * @param write content to row
 * @param read row to content, or {@link Damaged}
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Row<T>(
    String name,
    byte[] key,
    Function<Random, T> random,
    Function<T, byte[]> write,
    Function<byte[], T> read) {
  private static final CacheKey KEY = CacheKey.of(new byte[] {1});
  private static final Revision REVISION = new Revision(7);
  private static final byte[] NAMESPACE_KEY = Records.namespaceKey(new Namespace("shop"));
  private static final byte[] SNAPSHOT_KEY = Records.snapshotKey(StoreIdentity.NONE);
  private static final byte[] ENTRY_KEY = Records.entryKey(StoreIdentity.NONE, KEY);
  private static final byte[] LOG_KEY = Records.logKey(StoreIdentity.NONE, 7);

  static final Row<CacheEntry> ENTRY =
      new Row<>(
          "entry",
          ENTRY_KEY,
          Row::anyEntry,
          entry -> Records.entry(ENTRY_KEY, entry),
          row -> Records.entryIn(ENTRY_KEY, row));

  /** Every kind there is. */
  static final List<Row<?>> ALL =
      List.of(
          new Row<>(
              "namespace",
              NAMESPACE_KEY,
              StoreIdentity::born,
              identity -> Records.namespace(NAMESPACE_KEY, identity),
              row -> Records.identityIn(NAMESPACE_KEY, row)),
          new Row<>("use", Records.useKey(), Row::anyUse, Records::use, Records::use),
          new Row<>(
              "commit", Records.commitKey(), Row::anyCommit, Records::commit, Records::commit),
          new Row<>(
              "snapshot",
              SNAPSHOT_KEY,
              Row::anySnapshot,
              snapshot -> Records.snapshot(SNAPSHOT_KEY, snapshot),
              row -> Records.snapshotIn(SNAPSHOT_KEY, row)),
          new Row<>(
              "header",
              ENTRY_KEY,
              random -> EntryHead.of(KEY, anyEntry(random)),
              head -> Records.header(ENTRY_KEY, head),
              row -> Records.headerIn(ENTRY_KEY, row)),
          ENTRY,
          new Row<>(
              "invalidation",
              LOG_KEY,
              random -> new Invalidation(REVISION, anyTags(random), anyNumber(random)),
              invalidation -> Records.invalidation(LOG_KEY, invalidation),
              row -> Records.invalidationIn(LOG_KEY, row)));

  /** A row of any content. */
  byte[] any(Random random) {
    return write.apply(this.random.apply(random));
  }

  /** Checks that content is read as what was written. */
  void checkWriteAndRead(Random random) {
    T content = this.random.apply(random);
    assertSame(read.apply(write.apply(content)), content);
  }

  /**
   * Checks that these bytes are read or damaged, and that what is read is written as something that
   * is read as the same.
   *
   * @return true if they were read
   */
  boolean checkRead(byte[] bytes) {
    Optional<T> content = whole(bytes);
    content.ifPresent(read -> assertSame(this.read.apply(write.apply(read)), read));
    return content.isPresent();
  }

  /** True if these bytes are refused. */
  boolean refuses(byte[] bytes) {
    return whole(bytes).isEmpty();
  }

  /** The bytes as a row of this kind and version, whose checksums match whatever is in it. */
  byte[] sealed(byte[] bytes) {
    int least = equals(ENTRY) ? 41 : 5;
    byte[] row = Arrays.copyOf(bytes, Math.max(least, bytes.length));
    row[0] = 2;
    int covered = row.length - 5;
    if (equals(ENTRY)) {
      int head = Math.floorMod(ByteBuffer.wrap(row).getInt(5), row.length - 40) + 32;
      covered = head + 4;
      ByteBuffer.wrap(row)
          .putInt(5, head)
          .putInt(37, crc(new byte[0], row, 9 + head, row.length - 9 - head));
    }
    ByteBuffer.wrap(row).putInt(1, crc(key, row, 5, covered));
    return row;
  }

  private Optional<T> whole(byte[] bytes) {
    try {
      return Optional.of(read.apply(bytes));
    } catch (Damaged refused) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return name;
  }

  private static void assertSame(Object read, Object written) {
    assertThat(read).usingRecursiveComparison().isEqualTo(written);
  }

  private static int crc(byte[] key, byte[] row, int from, int length) {
    var crc = new CRC32();
    crc.update(key);
    crc.update(row, from, length);
    return (int) crc.getValue();
  }

  private static CacheEntry anyEntry(Random random) {
    byte[] value = anyBytes(random);
    return new CacheEntry(
        new Revision(random.nextLong() >>> 1),
        anyTags(random),
        new CacheLife(anySeconds(random), anySeconds(random), anySeconds(random)),
        anyNumber(random),
        CacheEntry.checksum(value),
        value);
  }

  private static Use anyUse(Random random) {
    String bootId = random.nextBoolean() ? "" : Long.toHexString(random.nextLong());
    return new Use(random.nextBoolean(), random.nextBoolean(), bootId);
  }

  private static Commit anyCommit(Random random) {
    return new Commit(random.nextLong(), random.nextLong(), random.nextLong());
  }

  private static Snapshot anySnapshot(Random random) {
    return new Snapshot(new Revision(random.nextLong() >>> 1), anyBytes(random));
  }

  private static TagSet anyTags(Random random) {
    return TagSet.of(
        IntStream.range(0, random.nextInt(6))
            .mapToObj(i -> i + "é😀-".repeat(random.nextInt(8)))
            .toList());
  }

  private static long anySeconds(Random random) {
    return random.nextInt(4) == 0 ? CacheLife.NEVER : random.nextLong(1L << 32);
  }

  private static long anyNumber(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> Invalidation.NOW;
      case 1 -> Invalidation.NEVER;
      default -> random.nextLong();
    };
  }

  private static byte[] anyBytes(Random random) {
    byte[] bytes = new byte[random.nextInt(60)];
    random.nextBytes(bytes);
    return random.nextBoolean() ? bytes : new String(bytes, UTF_8).getBytes(UTF_8);
  }
}
