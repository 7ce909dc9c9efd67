package dev.larder.server.redisrest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.Namespace;
import dev.larder.redis.engine.Database;
import dev.larder.redis.engine.data.Eviction;
import dev.larder.redis.engine.log.Fsync;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import dev.larder.server.http.Refusal;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is answered while a database is busy. */
class EmbeddedDatabasesTest {
  private static CompletableFuture<List<Reply>> ping(Database database) {
    return database.execute(List.of(Command.of("PING"))).toCompletableFuture();
  }

  @Test
  void moreThanMayWaitAreRefusedAndTheOthersAreAnswered(@TempDir Path directory) throws Exception {
    try (var databases =
        new EmbeddedDatabases(directory, 10, 1 << 20, Eviction.NONE, Fsync.NEVER, 2)) {
      Database database = databases.of(new Namespace("busy"));
      var delivering = new CountDownLatch(1);
      var goOn = new CountDownLatch(1);
      database
          .subscribe(
              Set.of(Bytes.of("news")),
              Set.of(),
              message -> {
                delivering.countDown();
                try {
                  goOn.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              })
          .toCompletableFuture()
          .join();
      var busy = database.execute(List.of(Command.of("PUBLISH", "news", "x")));
      delivering.await();

      var first = ping(database);
      var second = ping(database);
      assertThatThrownBy(() -> ping(database).join())
          .cause()
          .isInstanceOfSatisfying(
              Refusal.class, refusal -> assertThat(refusal.status()).isEqualTo(429))
          .hasMessageContaining("ERR 2 requests wait");

      goOn.countDown();
      assertThat(busy.toCompletableFuture().join()).containsExactly(Reply.ONE);
      assertThat(first.join()).containsExactly(Reply.simple("PONG"));
      assertThat(second.join()).containsExactly(Reply.simple("PONG"));
      assertThat(ping(database).join()).containsExactly(Reply.simple("PONG"));
    }
  }
}
