package dev.larder.core.wire;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.larder.core.wire.FrameReader.Read;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Tag;

/**
 * Any bytes are read without an exception, and what is read as a frame is written as a frame.
 *
 * <p>A normal build replays the corpus in {@code FrameReaderFuzzTestInputs}; {@code JAZZER_FUZZ=1}
 * looks for more.
 */
@Tag("instrumented")
class FrameReaderFuzzTest {
  private static final int LIMIT = 1 << 20;

  @FuzzTest
  void everyMessageIsReadToItsEnd(byte[] message) {
    var reader = new FrameReader(ByteBuffer.wrap(message), LIMIT);
    while (reader.hasNext()) {
      if (reader.next() instanceof Read.Good(Frame frame)) {
        ByteBuffer written = new FrameWriter().write(frame).message();
        if (!(new FrameReader(written, LIMIT).next() instanceof Read.Good)) {
          throw new AssertionError("read, written and not read: " + frame);
        }
      }
    }
  }
}
