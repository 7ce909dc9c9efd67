package dev.larder.core.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheLife;
import dev.larder.core.Put;
import dev.larder.core.TagSet;
import dev.larder.core.wire.FrameReader.Read;
import dev.larder.testkit.Entries;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ArrivingFrameTest {
  private static final int LIMIT = 1 << 20;
  private static final byte[] VALUE = value();
  private static final byte[] PUT =
      bytes(
          new Request.Put(
              new Put(
                  Entries.key("key"),
                  AsOf.NONE,
                  7,
                  TagSet.of("one", "two"),
                  new CacheLife(1, 2, 3),
                  4,
                  CacheEntry.checksum(VALUE),
                  VALUE)));

  @Test
  void aPutIsTheSameWhereverItWasCut() {
    Read whole = new FrameReader(ByteBuffer.wrap(PUT), LIMIT).next();
    for (int first = 4; first < PUT.length; first++) {
      var frame = new ArrivingFrame(ByteBuffer.wrap(PUT, 0, first), PUT.length);
      int second = Math.min(7, PUT.length - first);
      frame.add(ByteBuffer.wrap(PUT, first, second));
      frame.add(ByteBuffer.wrap(PUT, first + second, PUT.length - first - second));
      assertThat(frame.missing()).isZero();
      FrameReader reader = frame.reader(LIMIT);
      assertThat(reader.next()).as("cut at %d", first).usingRecursiveComparison().isEqualTo(whole);
      assertThat(reader.hasNext()).isFalse();
    }
  }

  @Test
  void aFrameOfAnotherOperationIsTheSameToo() {
    byte[] hello = bytes(new Request.Hello(1, "somebody", AsOf.NONE));
    var frame = new ArrivingFrame(ByteBuffer.wrap(hello, 0, 9), hello.length);
    frame.add(ByteBuffer.wrap(hello, 9, hello.length - 9));
    assertThat(frame.reader(LIMIT).next())
        .isEqualTo(new FrameReader(ByteBuffer.wrap(hello), LIMIT).next());
  }

  @Test
  void aFrameThatEndsTooEarlyIsMalformed() {
    for (int present : new int[] {4, 9, 30, PUT.length - VALUE.length, PUT.length - 1}) {
      var frame = new ArrivingFrame(ByteBuffer.wrap(PUT, 0, present), PUT.length);
      assertThat(frame.missing()).isEqualTo(PUT.length - present);
      assertThat(frame.reader(LIMIT).next())
          .isInstanceOfSatisfying(
              Read.Bad.class, bad -> assertThat(bad.code()).isEqualTo(ErrorCode.MALFORMED));
    }
  }

  @Test
  void aValueOfAnotherLengthThanItsFrameHasRoomForIsMalformed() {
    byte[] longer = Arrays.copyOf(PUT, PUT.length + 1);
    ByteBuffer.wrap(longer).putInt(0, longer.length - 4);
    var frame = new ArrivingFrame(ByteBuffer.wrap(longer, 0, PUT.length - 10), longer.length);
    frame.add(ByteBuffer.wrap(longer, PUT.length - 10, 11));
    assertThat(frame.reader(LIMIT).next())
        .isEqualTo(new FrameReader(ByteBuffer.wrap(longer), LIMIT).next())
        .isInstanceOf(Read.Bad.class);
  }

  @Test
  void moreThanTheFrameHasIsNotTaken() {
    var frame = new ArrivingFrame(ByteBuffer.wrap(PUT, 0, PUT.length - 1), PUT.length);
    assertThatThrownBy(() -> frame.add(ByteBuffer.allocate(2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a part of 2 bytes; at most 1 are missing");
  }

  private static byte[] value() {
    byte[] value = new byte[40];
    for (int i = 0; i < value.length; i++) {
      value[i] = (byte) i;
    }
    return value;
  }

  private static byte[] bytes(Request request) {
    ByteBuffer message = new FrameWriter().write(new Frame(3, request)).message();
    byte[] bytes = new byte[message.remaining()];
    message.get(bytes);
    return bytes;
  }
}
