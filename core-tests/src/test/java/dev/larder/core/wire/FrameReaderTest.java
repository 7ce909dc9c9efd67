package dev.larder.core.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.HotKey;
import dev.larder.core.wire.FrameReader.Read;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FrameReaderTest {
  private static final int LIMIT = 1 << 20;
  private static final byte[] PING = {0, 0, 0, 5, Protocol.PING, 0, 0, 0, 7};

  static Stream<GoldenFrames> vectors() {
    return GoldenFrames.all();
  }

  private static byte[] bytes(GoldenFrames golden) {
    return HexFormat.of().parseHex(golden.hex());
  }

  /** Everything read of this message, which lies between bytes that do not belong to it. */
  private static List<Read> read(byte[] message) {
    byte[] around = new byte[message.length + 16];
    Arrays.fill(around, (byte) 0xee);
    System.arraycopy(message, 0, around, 8, message.length);
    ByteBuffer buffer = ByteBuffer.wrap(around, 8, message.length);
    var reader = new FrameReader(buffer, LIMIT);
    var reads = new ArrayList<Read>();
    while (reader.hasNext()) {
      reads.add(reader.next());
      assertThat(reads).hasSizeLessThanOrEqualTo(message.length);
    }
    assertThat(buffer.position()).as("the message given is not moved").isEqualTo(8);
    return reads;
  }

  private static byte[] joined(byte[]... messages) {
    int length = Arrays.stream(messages).mapToInt(message -> message.length).sum();
    ByteBuffer joined = ByteBuffer.allocate(length);
    Arrays.stream(messages).forEach(joined::put);
    return joined.array();
  }

  private static byte[] withLength(byte[] frame) {
    ByteBuffer.wrap(frame).putInt(frame.length - 4);
    return frame;
  }

  private static Read only(byte[] message) {
    List<Read> reads = read(message);
    assertThat(reads).hasSize(1);
    return reads.getFirst();
  }

  private static void assertBad(Read read, int requestId, ErrorCode code) {
    assertThat(read).isInstanceOf(Read.Bad.class);
    Read.Bad bad = (Read.Bad) read;
    assertThat(bad.requestId()).isEqualTo(requestId);
    assertThat(bad.code()).isEqualTo(code);
    assertThat(bad.why()).isNotBlank();
  }

  @Nested
  class Messages {
    @Test
    void withoutBytesHaveNoFrame() {
      assertThat(read(new byte[0])).isEmpty();
    }

    @Test
    void mayHaveSeveralFrames() {
      assertThat(read(joined(PING, PING))).hasSize(2).allMatch(Read.Good.class::isInstance);
    }

    @Test
    void withABadFrameAreReadOn() {
      byte[] unknown = {0, 0, 0, 5, 0x70, 0, 0, 0, 3};
      List<Read> reads = read(joined(PING, unknown, PING));
      assertThat(reads).hasSize(3);
      assertBad(reads.get(1), 3, ErrorCode.UNKNOWN_OPERATION);
      assertThat(reads.get(2)).isInstanceOf(Read.Good.class);
    }

    @Test
    void whoseFramesEndCannotBeToldAreLost() {
      byte[] tooShort = {0, 0, 0, 4, Protocol.PING, 0, 0, 0};
      List<Read> reads = read(joined(PING, tooShort, PING));
      assertThat(reads).hasSize(2);
      assertBad(reads.get(1), 0, ErrorCode.MALFORMED);
    }
  }

  @Nested
  class Lengths {
    @Test
    void overTheLimitAreTooLarge() {
      byte[] large = joined(PING, PING);
      ByteBuffer.wrap(large).putInt(LIMIT - 3);
      assertBad(only(large), 0, ErrorCode.TOO_LARGE);
    }

    @Test
    void ofExactlyTheLimitAreRead() {
      var reader = new FrameReader(ByteBuffer.wrap(PING), PING.length);
      assertThat(reader.next()).isInstanceOf(Read.Good.class);
      var smaller = new FrameReader(ByteBuffer.wrap(PING), PING.length - 1);
      assertBad(smaller.next(), 0, ErrorCode.TOO_LARGE);
    }

    @Test
    void areUnsigned() {
      byte[] huge = PING.clone();
      ByteBuffer.wrap(huge).putInt(-1);
      assertBad(only(huge), 0, ErrorCode.TOO_LARGE);
    }

    @Test
    void pastTheMessageAreMalformed() {
      byte[] past = PING.clone();
      ByteBuffer.wrap(past).putInt(6);
      assertBad(only(past), 0, ErrorCode.MALFORMED);
    }

    @Test
    void beyondThePayloadAreMalformed() {
      byte[] longer = withLength(Arrays.copyOf(PING, PING.length + 1));
      assertBad(only(longer), 7, ErrorCode.MALFORMED);
    }
  }

  @Nested
  class HottestKeys {
    private static byte[] counted(int operation, long count) {
      ByteBuffer frame = ByteBuffer.allocate(13).putInt(9).put((byte) operation).putInt(7);
      return frame.putInt((int) count).array();
    }

    @Test
    void areAskedForUpToTheirLimit() {
      assertThat(only(counted(Protocol.HOTTEST, HotKey.MAX_COUNT)))
          .isEqualTo(new Read.Good(new Frame(7, new Request.Hottest(HotKey.MAX_COUNT))));
    }

    @Test
    void overTheirLimitAreAnInvalidValue() {
      for (long count : new long[] {HotKey.MAX_COUNT + 1, 1L << 31, 0xffffffffL}) {
        assertBad(only(counted(Protocol.HOTTEST, count)), 7, ErrorCode.INVALID_VALUE);
        assertBad(only(counted(Protocol.KEYS, count)), 7, ErrorCode.INVALID_VALUE);
      }
    }

    @Test
    void thatAreMissingAreMalformed() {
      assertBad(only(counted(Protocol.KEYS, HotKey.MAX_COUNT)), 7, ErrorCode.MALFORMED);
    }
  }

  @Nested
  class Damage {
    @ParameterizedTest
    @MethodSource("dev.larder.core.wire.FrameReaderTest#vectors")
    void aMessageCutAnywhereIsOneBadFrame(GoldenFrames golden) {
      byte[] whole = bytes(golden);
      for (int length = 1; length < whole.length; length++) {
        assertBad(only(Arrays.copyOf(whole, length)), 0, ErrorCode.MALFORMED);
      }
    }

    @ParameterizedTest
    @MethodSource("dev.larder.core.wire.FrameReaderTest#vectors")
    void aFrameCutAnywhereIsBadAndTheNextIsRead(GoldenFrames golden) {
      byte[] whole = bytes(golden);
      for (int length = 9; length < whole.length; length++) {
        List<Read> reads = read(joined(withLength(Arrays.copyOf(whole, length)), PING));
        assertThat(reads).hasSize(2);
        assertBad(reads.get(0), golden.frame().requestId(), ErrorCode.MALFORMED);
        assertThat(reads.get(1)).isInstanceOf(Read.Good.class);
      }
    }

    @ParameterizedTest
    @MethodSource("dev.larder.core.wire.FrameReaderTest#vectors")
    void aFlippedBitIsNeverAnException(GoldenFrames golden) {
      byte[] whole = bytes(golden);
      for (int bit = 0; bit < whole.length * 8; bit++) {
        byte[] flipped = whole.clone();
        flipped[bit / 8] ^= (byte) (1 << bit % 8);
        read(flipped).forEach(FrameReaderTest::assertReadable);
      }
    }

    @Test
    void randomBytesAreNeverAnException() {
      var random = new Random(20);
      List<byte[]> seeds = vectors().map(FrameReaderTest::bytes).toList();
      for (int i = 0; i < 50_000; i++) {
        byte[] bytes = seeds.get(random.nextInt(seeds.size())).clone();
        for (int change = random.nextInt(8); change >= 0; change--) {
          bytes[4 + random.nextInt(bytes.length - 4)] = (byte) random.nextInt();
        }
        read(bytes).forEach(FrameReaderTest::assertReadable);
      }
    }
  }

  /** Whatever is read as good can be written again, and is read as the same. */
  private static void assertReadable(Read read) {
    if (read instanceof Read.Good(Frame frame)) {
      ByteBuffer written = new FrameWriter().write(frame).message();
      Read again = new FrameReader(written, LIMIT).next();
      assertThat(again).isInstanceOf(Read.Good.class);
    }
  }
}
