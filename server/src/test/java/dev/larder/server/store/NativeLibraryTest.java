package dev.larder.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.util.Environment;

class NativeLibraryTest {
  @Test
  void rocksDbIsToldWhatItWouldHaveFoundOutAboutTheLibraryOfC(@TempDir Path directory)
      throws Exception {
    NativeLibrary.load(directory);
    var told = Environment.class.getDeclaredField("MUSL_LIBC");
    told.setAccessible(true);
    Method asked = Environment.class.getDeclaredMethod("initIsMuslLibc");
    asked.setAccessible(true);
    assertThat(told.get(null)).isEqualTo(asked.invoke(null));
  }
}
