package dev.larder.server.store;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.Tag;

/**
 * Any bytes are read as a row, or refused as damaged, whether or not their checksum matches; and
 * what is read is written as a row that is read as the same.
 *
 * <p>A normal build replays the rows in {@code RecordsFuzzTestInputs}; {@code JAZZER_FUZZ=1} looks
 * for more.
 */
@Tag("instrumented")
class RecordsFuzzTest {
  @FuzzTest
  void everyRowIsReadOrDamaged(byte[] bytes) {
    for (Row<?> row : Row.ALL) {
      row.checkRead(bytes);
      row.checkRead(row.sealed(bytes));
    }
  }
}
