package dev.larder.redis.store;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Namespace;
import dev.larder.core.TagSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A namespace is empty only if no server has put anything into it. */
class EmptyNamespacesTest {
  private static final Namespace EMPTY = new Namespace("empty");
  private static final Namespace ENTRY = new Namespace("entry");
  private static final Namespace TAG = new Namespace("tag");
  private static final Namespace UNKNOWN = new Namespace("unknown");

  private final RedisFixture fixture = new RedisFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void whatAnotherServerHasPutIsSeen() {
    RedisStore here = fixture.store();
    RedisStore there = fixture.another();
    here.open(EMPTY).toCompletableFuture().join();
    here.open(ENTRY).toCompletableFuture().join();
    here.open(TAG).toCompletableFuture().join();
    there
        .open(ENTRY)
        .thenCompose(opened -> opened.entries().put(key("a"), entry("value", 0)))
        .toCompletableFuture()
        .join();
    there
        .open(TAG)
        .thenCompose(opened -> opened.log().append(TagSet.of("a"), 0))
        .toCompletableFuture()
        .join();

    Set<Namespace> empty =
        here.empty(Set.of(EMPTY, ENTRY, TAG, UNKNOWN)).toCompletableFuture().join();

    assertThat(empty).containsExactly(EMPTY);
  }
}
