package dev.larder.core.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Lookup;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What frames cost to write and to read. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CodecBenchmark {
  private static final int LIMIT = 64 << 20;
  private static final AsOf AS_OF = new AsOf(new StoreIdentity(7), new Revision(42));

  /** The bytes of the entry's value. */
  @Param({"1024", "10240", "102400"})
  int size;

  private final Frame lookup = lookupFrame();
  private final ByteBuffer lookupBytes = new FrameWriter().write(lookup).message();
  private Frame fresh = lookup;
  private ByteBuffer freshBytes = lookupBytes;

  /** A state that {@link #prepare} fills. */
  public CodecBenchmark() {}

  /** Makes the entry. */
  @org.openjdk.jmh.annotations.Setup
  public void prepare() {
    byte[] value = new byte[size];
    new Random(1).nextBytes(value);
    var entry =
        new Response.Entry(
            new Revision(41),
            TagSet.of("products", "product:42", "brand:7"),
            new CacheLife(300, 900, CacheLife.NEVER),
            1000,
            CacheEntry.checksum(value),
            value);
    fresh = new Frame(2, new Response.Fresh(AS_OF, entry));
    freshBytes = new FrameWriter().write(fresh).message();
  }

  /** A server reads a lookup. */
  @Benchmark
  public FrameReader.Read readLookup() {
    return new FrameReader(lookupBytes, LIMIT).next();
  }

  /** A client writes a lookup. */
  @Benchmark
  public ByteBuffer writeLookup() {
    return new FrameWriter().write(lookup).message();
  }

  /** A server writes an entry. */
  @Benchmark
  public ByteBuffer writeFresh() {
    return new FrameWriter().write(fresh).message();
  }

  /** A client reads an entry. */
  @Benchmark
  public FrameReader.Read readFresh() {
    return new FrameReader(freshBytes, LIMIT).next();
  }

  private static Frame lookupFrame() {
    CacheKey key = CacheKey.of("benchmark entry 000000000000000000000042".getBytes(UTF_8));
    return new Frame(1, new Request.Lookup(new Lookup(key, TagSet.of("_N_T_/shop"), true, 5000)));
  }
}
