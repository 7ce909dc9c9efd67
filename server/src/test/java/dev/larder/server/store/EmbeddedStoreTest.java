package dev.larder.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.spi.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedStoreTest {
  @TempDir private Path temporary = Path.of("");

  @Test
  void aSecondServerOnTheDirectoryIsRefused() {
    try (var first = new StoreFixture()) {
      assertThatThrownBy(() -> EmbeddedStore.open(first.directory(), StoreFixture.OPTIONS))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("in use")
          .hasMessageContaining(first.directory().toString());
    }
  }

  @Test
  void aDirectoryOfSomebodyElseIsRefusedAndLeftAlone() throws IOException {
    Path foreign = temporary.resolve("letters.txt");
    Files.writeString(foreign, "Dear Sir");

    assertThatThrownBy(() -> EmbeddedStore.open(temporary, StoreFixture.OPTIONS))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("not Larder's");

    try (var files = Files.list(temporary)) {
      assertThat(files).containsExactly(foreign);
    }
  }

  @Test
  void aDirectoryOfAnotherFormatIsRefused() throws IOException {
    Files.writeString(temporary.resolve("LARDER"), "larder data, format 9\n");
    assertThatThrownBy(() -> EmbeddedStore.open(temporary, StoreFixture.OPTIONS))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("format 9")
        .hasMessageContaining("format 3");
  }

  @Test
  void aDirectoryOfAnEarlierFormatIsBegunAnew() throws IOException {
    try (var store = new StoreFixture()) {
      StoreIdentity before = store.shop().log().identity();
      store.shut();
      Path marker = store.directory().resolve("LARDER");
      Files.writeString(marker, "larder data, format 2\n");
      store.reopen();
      assertThat(marker).hasContent("larder data, format 3");
      assertThat(store.shop().log().identity()).isNotEqualTo(before);
    }
  }

  @Test
  void namespacesAreListedWithoutTheDatabase() {
    try (var store = new StoreFixture()) {
      store.shop();
      store.shut();
      assertThat(store.store().namespaces()).isCompletedWithValue(List.of(StoreFixture.SHOP));
    }
  }

  @Test
  void aFileInPlaceOfTheDirectoryIsRefused() throws IOException {
    Path file = temporary.resolve("data");
    Files.writeString(file, "");
    assertThatThrownBy(() -> EmbeddedStore.open(file, StoreFixture.OPTIONS))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void aDamagedManifestIsAClearErrorAndChangesNothing() throws IOException {
    try (var store = new StoreFixture()) {
      store.shop().log().append(TagSet.of("a"), 0).toCompletableFuture().join();
      store.shut();
      Path manifest = named(store.directory(), "MANIFEST-");
      byte[] garbage = new byte[64];
      Files.write(manifest, garbage);

      assertThatThrownBy(() -> EmbeddedStore.open(store.directory(), StoreFixture.OPTIONS))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("cannot be opened");
      assertThat(manifest).hasBinaryContent(garbage);
    }
  }

  private static Path named(Path directory, String prefix) throws IOException {
    try (var files = Files.list(directory.resolve("db"))) {
      List<Path> found =
          files.filter(file -> file.getFileName().toString().startsWith(prefix)).toList();
      assertThat(found).hasSize(1);
      return found.getFirst();
    }
  }
}
