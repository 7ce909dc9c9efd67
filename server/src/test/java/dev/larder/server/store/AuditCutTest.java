package dev.larder.server.store;

import static dev.larder.server.store.StoreFixture.SHOP;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AuditedInvalidation;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.InvalidationSource.Via;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The end of the process between any two steps of an invalidation. A process that is killed leaves
 * the files as far as they were written, so each step is a length of the database's log, before or
 * after the commit file has the invalidation. After all of them the history and the audit have the
 * same revisions, with their sources, and whatever was acknowledged.
 */
class AuditCutTest {
  private static final int INVALIDATIONS = 3;

  /** How many bytes are between two ends that are tried. */
  private static final int STEP = 29;

  private static final InvalidationSource SOURCE =
      new InvalidationSource("updateTag", "/buy", "6f1e", "", Via.CONNECTION);

  @TempDir private Path temporary = Path.of("");

  private int left;

  /** The files that an invalidation changes, once it was acknowledged. */
  private static final class Acknowledged {
    private final byte[] log;
    private final byte[] commit;

    Acknowledged(Path directory) throws IOException {
      log = Files.readAllBytes(databaseLog(directory));
      commit = Files.readAllBytes(directory.resolve(CommitFile.NAME));
    }
  }

  @Test
  void historyAndAuditHaveTheSameInvalidationsWhereverTheWriteEnds() throws IOException {
    Path original = temporary.resolve("original");
    Path before = temporary.resolve("before");
    var acknowledged = new ArrayList<Acknowledged>();
    StoreIdentity identity;
    try (var store = open(original)) {
      InvalidationLog log = log(store);
      identity = log.identity();
      copy(original, before);
      acknowledged.add(new Acknowledged(original));
      for (int i = 1; i <= INVALIDATIONS; i++) {
        log.append(TagSet.of("tag " + i), 0, SOURCE).toCompletableFuture().join();
        acknowledged.add(new Acknowledged(original));
      }
    }
    for (int i = 1; i <= INVALIDATIONS; i++) {
      Acknowledged known = acknowledged.get(i - 1);
      Acknowledged next = acknowledged.get(i);
      for (int end = known.log.length; end < next.log.length; end += STEP) {
        assertThat(found(before, identity, Arrays.copyOf(next.log, end), known.commit))
            .as("%d of %d bytes of the log", end, next.log.length)
            .isBetween(i - 1, i);
      }
      assertThat(found(before, identity, next.log, known.commit)).isEqualTo(i);
      assertThat(found(before, identity, next.log, next.commit)).isEqualTo(i);
    }
  }

  /** How many invalidations are there, in the history as in the audit. */
  private int found(Path before, StoreIdentity identity, byte[] log, byte[] commit)
      throws IOException {
    Path directory = temporary.resolve("left " + left++);
    copy(before, directory);
    Files.write(databaseLog(directory), log);
    Files.write(directory.resolve(CommitFile.NAME), commit);
    try (var store = open(directory)) {
      InvalidationLog found = log(store);
      assertThat(found.identity()).isEqualTo(identity);
      List<Invalidation> history = found.follow(invalidation -> {}).after();
      List<AuditedInvalidation> audit =
          found.audited(new Revision(Long.MAX_VALUE), 100).toCompletableFuture().join();
      assertThat(audit.reversed()).extracting(AuditedInvalidation::invalidation).isEqualTo(history);
      assertThat(audit).allSatisfy(each -> assertThat(each.source()).isEqualTo(SOURCE));
      return history.size();
    }
  }

  private static Path databaseLog(Path directory) throws IOException {
    try (var files = Files.list(directory.resolve("db"))) {
      return files.filter(file -> file.toString().endsWith(".log")).findAny().orElseThrow();
    }
  }

  private static InvalidationLog log(EmbeddedStore store) {
    return store.open(SHOP).toCompletableFuture().join().log();
  }

  private static EmbeddedStore open(Path directory) {
    return EmbeddedStore.open(directory, StoreFixture.OPTIONS);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
  }
}
