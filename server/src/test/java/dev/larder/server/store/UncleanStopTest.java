package dev.larder.server.store;

import static dev.larder.server.store.StoreFixture.SHOP;
import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static dev.larder.testkit.Entries.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.Namespace;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog.History;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.core.spi.StoreException;
import dev.larder.server.store.Database.Table;
import dev.larder.server.store.StoreOptions.Fsync;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What is there after the process, or the machine under it, ended without a word. The directory is
 * copied while a store has it open: what a process that is killed leaves behind. Another boot id
 * stands for a machine that was started anew.
 */
class UncleanStopTest {
  @TempDir private Path temporary = Path.of("");

  @ParameterizedTest
  @CsvSource({
    "NEVER, boot 1, boot 1, true",
    "NEVER, boot 1, boot 2, false",
    "NEVER, boot 1, '', false",
    "NEVER, '', boot 1, false",
    "NEVER, '', '', false",
    "ALWAYS, boot 1, boot 2, true",
    "ALWAYS, '', '', true"
  })
  void unsyncedHistoryIsTrustedOnlyIfTheMachineRanOn(
      Fsync fsync, String before, String after, boolean kept) throws IOException {
    StoreIdentity identity = leaveBehind(fsync, before);
    try (var store = open("left behind", fsync, after)) {
      if (kept) {
        assertEverythingIsThere(store, identity);
      } else {
        assertNothingIsThere(store, identity);
      }
    }
  }

  @Test
  void aProperStopIsTrustedWhateverTheMachineDidSince() throws IOException {
    leaveBehind(Fsync.NEVER, "boot 1");
    StoreIdentity identity;
    try (var store = open("original", Fsync.NEVER, "boot 1")) {
      identity = shop(store).log().identity();
    }
    try (var store = open("original", Fsync.NEVER, "boot 2")) {
      assertEverythingIsThere(store, identity);
    }
  }

  @Test
  void whatTheMachineLostOfTheFilesIsForgottenWithTheRest() throws IOException {
    StoreIdentity identity = leaveBehind(Fsync.NEVER, "boot 1");
    try (var files = Files.list(temporary.resolve("left behind/db"))) {
      Path log = files.filter(file -> file.toString().endsWith(".log")).findAny().orElseThrow();
      try (var file = new RandomAccessFile(log.toFile(), "rw")) {
        file.setLength(file.length() - 20);
      }
    }
    try (var store = open("left behind", Fsync.NEVER, "boot 2")) {
      assertNothingIsThere(store, identity);
    }
  }

  @Test
  void howItWasUsedCountsNotHowItIsOpened() throws IOException {
    StoreIdentity identity = leaveBehind(Fsync.NEVER, "boot 1");
    try (var store = open("left behind", Fsync.ALWAYS, "boot 2")) {
      assertNothingIsThere(store, identity);
    }
  }

  @Test
  void aStartThatFailsDoesNotMakeItAProperStop() throws IOException {
    StoreIdentity identity = leaveBehind(Fsync.NEVER, "boot 1");
    byte[] damaged = Records.namespaceKey(new Namespace("damaged"));
    Path directory = temporary.resolve("left behind");
    change(directory, batch -> batch.put(Table.META, damaged, new byte[5]));

    assertThatThrownBy(() -> open("left behind", Fsync.NEVER, "boot 2"))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("is damaged")
        .hasMessageContaining(directory.toString());

    change(directory, batch -> batch.delete(Table.META, damaged));
    try (var store = open("left behind", Fsync.NEVER, "boot 2")) {
      assertNothingIsThere(store, identity);
    }
  }

  /** Uses a store, and copies its directory while it is open. */
  private StoreIdentity leaveBehind(Fsync fsync, String bootId) throws IOException {
    try (var store = open("original", fsync, bootId)) {
      NamespaceStore shop = shop(store);
      shop.entries().put(key("key"), entry("value", 0)).toCompletableFuture().join();
      shop.log().append(TagSet.of("tag"), 0).toCompletableFuture().join();
      copy(temporary.resolve("original"), temporary.resolve("left behind"));
      return shop.log().identity();
    }
  }

  private static void assertEverythingIsThere(EmbeddedStore store, StoreIdentity identity) {
    assertThat(store.namespaces().toCompletableFuture().join()).containsExactly(SHOP);
    NamespaceStore shop = shop(store);
    assertThat(shop.log().identity()).isEqualTo(identity);
    assertThat(history(shop).after())
        .singleElement()
        .satisfies(invalidation -> assertThat(invalidation.tags()).isEqualTo(TagSet.of("tag")));
    assertThat(shop.entries().get(key("key")).toCompletableFuture().join())
        .hasValueSatisfying(entry -> assertThat(text(entry)).isEqualTo("value"));
  }

  private static void assertNothingIsThere(EmbeddedStore store, StoreIdentity identity) {
    assertThat(store.namespaces().toCompletableFuture().join()).isEmpty();
    NamespaceStore shop = shop(store);
    assertThat(shop.log().identity()).isNotEqualTo(identity);
    assertThat(history(shop)).isEqualTo(new History(Optional.empty(), List.of()));
    assertThat(shop.entries().get(key("key")).toCompletableFuture().join()).isEmpty();
  }

  private static History history(NamespaceStore namespace) {
    return namespace.log().follow(invalidation -> {});
  }

  private static NamespaceStore shop(EmbeddedStore store) {
    return store.open(SHOP).toCompletableFuture().join();
  }

  private EmbeddedStore open(String directory, Fsync fsync, String bootId) {
    return EmbeddedStore.open(
        temporary.resolve(directory), new StoreOptions(16 << 20, 64 << 20, fsync), bootId);
  }

  private static void change(Path directory, Database.Changes changes) {
    try (var database = StoreFixture.database(directory)) {
      database.change(changes);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
  }
}
