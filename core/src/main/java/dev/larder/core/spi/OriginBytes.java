package dev.larder.core.spi;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Origin;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * An origin as stores keep it beside an entry: u8 kind, u32 generation in ms, and label, build and
 * instance in UTF-8, each after a u8 length. One that is not known takes no bytes.
 */
public final class OriginBytes {
  private OriginBytes() {}

  /** The bytes of an origin. */
  public static byte[] of(Origin origin) {
    if (origin.equals(Origin.NONE)) {
      return new byte[0];
    }
    byte[] label = origin.label().getBytes(UTF_8);
    byte[] build = origin.build().getBytes(UTF_8);
    byte[] instance = origin.instance().getBytes(UTF_8);
    return ByteBuffer.allocate(8 + label.length + build.length + instance.length)
        .put((byte) origin.kind().number())
        .putInt((int) origin.generation())
        .put((byte) label.length)
        .put(label)
        .put((byte) build.length)
        .put(build)
        .put((byte) instance.length)
        .put(instance)
        .array();
  }

  /**
   * The origin at the position of {@code in}, which moves behind it; none if that is at {@code
   * end}.
   *
   * @throws BufferUnderflowException if it is not whole
   * @throws InvalidValueException if it is none
   */
  public static Origin read(ByteBuffer in, int end) {
    if (in.position() >= end) {
      return Origin.NONE;
    }
    Origin.Kind kind = Origin.Kind.of(in.get());
    long generation = Integer.toUnsignedLong(in.getInt());
    return new Origin(text(in), kind, text(in), text(in), generation);
  }

  private static String text(ByteBuffer in) {
    byte[] utf8 = new byte[Byte.toUnsignedInt(in.get())];
    in.get(utf8);
    return new String(utf8, UTF_8);
  }
}
