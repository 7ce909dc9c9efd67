package dev.larder.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.server.store.Database.Table;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What rows take on disk. */
class DatabaseTest {
  private static final int ROWS = 50;
  private static final int BYTES = 100_000;

  @TempDir private Path temporary = Path.of("");

  @Test
  void rowsOfRenderedTextTakeAQuarterOfTheirBytes() {
    var random = new Random(7);
    List<byte[]> rows = rows(() -> rendered(random));
    assertThat(bytesOnDisk(rows)).isLessThan(ROWS * BYTES / 4L);
  }

  @Test
  void rowsThatCannotBeMadeSmallerTakeTheirBytes() {
    var random = new Random(8);
    List<byte[]> rows = rows(() -> noise(random));
    assertThat(bytesOnDisk(rows)).isBetween((long) ROWS * BYTES, ROWS * (BYTES + 500L));
  }

  @Test
  void rowsThatWereReplacedGiveTheirSpaceBack() {
    var random = new Random(9);
    try (Database database = StoreFixture.database(temporary)) {
      for (int time = 0; time < 3; time++) {
        store(database, rows(() -> noise(random)));
        database.reclaim(0.5);
      }
      assertThat(database.garbageBytes()).isZero();
      assertThat(database.fileBytes()).isLessThan(ROWS * (BYTES + 500L));
    }
  }

  @Test
  void whatIsToBeClosedIsNotCompacted() {
    var random = new Random(10);
    Database database = StoreFixture.database(temporary);
    store(database, rows(() -> noise(random)));
    database.reclaim(0.5);
    store(database, rows(() -> noise(random)));
    database.hurry();
    long before = database.fileBytes();
    database.reclaim(0.5);
    assertThat(database.fileBytes()).isEqualTo(before);
    database.close();
  }

  /** Stores rows, reads them again, and tells what they take. */
  private long bytesOnDisk(List<byte[]> rows) {
    try (Database database = StoreFixture.database(temporary)) {
      store(database, rows);
      database.reclaim(0.5);
      for (int i = 0; i < rows.size(); i++) {
        assertThat(database.get(Table.ENTRIES, key(i))).hasValue(rows.get(i));
      }
      return database.fileBytes();
    }
  }

  private static void store(Database database, List<byte[]> rows) {
    for (int i = 0; i < rows.size(); i++) {
      int number = i;
      database.change(batch -> batch.put(Table.ENTRIES, key(number), rows.get(number)));
    }
  }

  private static byte[] key(int number) {
    return ("row " + number).getBytes(UTF_8);
  }

  private static List<byte[]> rows(Supplier<byte[]> row) {
    var rows = new ArrayList<byte[]>();
    for (int i = 0; i < ROWS; i++) {
      rows.add(row.get());
    }
    return rows;
  }

  private static byte[] noise(Random random) {
    byte[] row = new byte[BYTES];
    random.nextBytes(row);
    return row;
  }

  /** Text as React writes rendered elements. */
  private static byte[] rendered(Random random) {
    var text = new StringBuilder();
    for (int line = 0; text.length() < BYTES; line++) {
      text.append(
          "%x:[\"$\",\"article\",\"%d\",{\"className\":\"price-%d\",\"children\":\"%d\"}]%n"
              .formatted(
                  line, random.nextInt(1000), random.nextInt(97), random.nextInt(1_000_000)));
    }
    return text.substring(0, BYTES).getBytes(UTF_8);
  }
}
