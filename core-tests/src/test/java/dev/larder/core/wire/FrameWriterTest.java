package dev.larder.core.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheLife;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Messages of many frames, with values of all sizes. */
class FrameWriterTest {
  private static final int LIMIT = 1 << 20;

  @Test
  void theMessageAndItsPiecesAreTheSameFrames() {
    var random = new Random(6);
    for (int round = 0; round < 200; round++) {
      List<Frame> frames = frames(random, random.nextInt(12));
      var writer = new FrameWriter();
      frames.forEach(writer::write);
      ByteBuffer pieced = pieced(writer);
      assertThat(pieced.remaining()).isEqualTo(writer.length());
      assertThat(pieced).isEqualTo(writer.message());
      assertThat(read(pieced)).isEqualTo(frames.stream().map(FrameWriterTest::shown).toList());
    }
  }

  @Test
  void aLargeValueIsNotCopied() {
    byte[] value = new byte[100_000];
    var writer = new FrameWriter().write(new Frame(1, fresh(value)));
    value[99_999] = 42;
    assertThat(writer.pieces())
        .anySatisfy(piece -> assertThat(piece.get(piece.limit() - 1)).isEqualTo((byte) 42));
  }

  private static List<Frame> frames(Random random, int count) {
    var frames = new ArrayList<Frame>();
    for (int id = 1; id <= count; id++) {
      byte[] value = new byte[random.nextBoolean() ? random.nextInt(100) : random.nextInt(20_000)];
      random.nextBytes(value);
      frames.add(new Frame(id, random.nextInt(4) == 0 ? new Response.Pong() : fresh(value)));
    }
    return frames;
  }

  private static Response fresh(byte[] value) {
    var asOf = new AsOf(new StoreIdentity(7), new Revision(42));
    var entry =
        new Response.Entry(
            new Revision(41),
            TagSet.of("products"),
            new CacheLife(30, 900, CacheLife.NEVER),
            5,
            CacheEntry.checksum(value),
            value);
    return new Response.Fresh(asOf, entry);
  }

  private static ByteBuffer pieced(FrameWriter writer) {
    ByteBuffer whole = ByteBuffer.allocate(LIMIT);
    writer.pieces().forEach(whole::put);
    return whole.flip();
  }

  private static List<String> read(ByteBuffer message) {
    var reader = new FrameReader(message, LIMIT);
    var read = new ArrayList<String>();
    while (reader.hasNext()) {
      read.add(shown(((FrameReader.Read.Good) reader.next()).frame()));
    }
    return read;
  }

  /** A frame and what its value is, for arrays are compared by who they are. */
  private static String shown(Frame frame) {
    return frame.message() instanceof Response.Fresh(AsOf asOf, Response.Entry entry)
        ? "%d %s %s %08x"
            .formatted(frame.requestId(), asOf, entry.tags(), CacheEntry.checksum(entry.value()))
        : frame.toString();
  }
}
