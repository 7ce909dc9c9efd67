package dev.larder.core.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GoldenFramesTest {
  private static final HexFormat HEX = HexFormat.of();

  static Stream<GoldenFrames> vectors() {
    return GoldenFrames.all();
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void itsFieldsEncodeToItsBytes(GoldenFrames golden) {
    assertThat(encoded(golden.frame())).isEqualTo(golden.hex());
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void itsBytesDecodeToItsFields(GoldenFrames golden) {
    var reader = new FrameReader(ByteBuffer.wrap(HEX.parseHex(golden.hex())), 1 << 20);

    FrameReader.Read read = reader.next();

    assertThat(read).isInstanceOf(FrameReader.Read.Good.class);
    Frame decoded = ((FrameReader.Read.Good) read).frame();
    assertThat(decoded).usingRecursiveComparison().isEqualTo(golden.frame());
    assertThat(encoded(decoded)).isEqualTo(golden.hex());
    assertThat(reader.hasNext()).isFalse();
  }

  @Test
  void everyKindOfMessageHasAVector() {
    Set<Class<?>> covered =
        vectors().map(golden -> golden.frame().message().getClass()).collect(Collectors.toSet());
    assertThat(covered)
        .containsAll(Set.of(Request.class.getPermittedSubclasses()))
        .containsAll(Set.of(Response.class.getPermittedSubclasses()));
  }

  private static String encoded(Frame frame) {
    ByteBuffer message = new FrameWriter().write(frame).message();
    byte[] bytes = new byte[message.remaining()];
    message.get(bytes);
    return HEX.formatHex(bytes);
  }
}
