package dev.larder.redis.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.redis.engine.data.Eviction;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * What an engine does beside its commands: time, batches, transactions, memory, scans, messages.
 */
class EngineTest {
  private final AtomicLong now = new AtomicLong(1_000_000);

  private Engine engine() throws IOException {
    return Engine.builder()
        .clock(() -> Instant.ofEpochMilli(now.get()))
        .random(new Random(1))
        .open();
  }

  private static Reply.Array array(Reply reply) {
    assertThat(reply).isInstanceOf(Reply.Array.class);
    return (Reply.Array) reply;
  }

  @Nested
  class Expiry {
    @Test
    void aKeyIsGoneOnceItsTimeHasPassed() throws IOException {
      try (Engine engine = engine()) {
        engine.execute(Command.of("SET", "k", "v", "PX", "100"));
        now.addAndGet(100);
        assertThat(engine.execute(Command.of("EXISTS", "k"))).isEqualTo(Reply.ONE);
        now.addAndGet(1);
        assertThat(engine.execute(Command.of("GET", "k"))).isEqualTo(Reply.NIL);
      }
    }

    @Test
    void memoryComesBackWithoutAnybodyLooking() throws IOException {
      try (Engine engine = engine()) {
        for (int i = 0; i < 10_000; i++) {
          engine.execute(Command.of("SET", "k" + i, "v", "PX", "" + (1 + i % 1000)));
        }
        now.addAndGet(2_000);
        boolean more = true;
        while (more) {
          more = engine.removeExpired();
        }
        assertThat(engine.execute(Command.of("DBSIZE"))).isEqualTo(Reply.ZERO);
      }
    }

    @Test
    void anExpiryThatWasChangedCountsAsItIsNow() throws IOException {
      try (Engine engine = engine()) {
        engine.execute(Command.of("SET", "k", "v", "PX", "100"));
        engine.execute(Command.of("PEXPIRE", "k", "1000"));
        now.addAndGet(500);
        assertThat(engine.execute(Command.of("PTTL", "k"))).isEqualTo(Reply.of(500));
      }
    }
  }

  @Nested
  class ReadingAtOnce {
    @Test
    void readsSingleValues() throws IOException {
      try (Engine engine = engine()) {
        engine.execute(Command.of("SET", "k", "v"));
        assertThat(engine.readAtOnce(List.of(Command.of("get", "k"), Command.of("TTL", "k"))))
            .contains(List.of(Reply.of(Bytes.of("v")), Reply.of(-1)));
      }
    }

    @Test
    void leavesToOthersWhatWritesOrMayTakeLong() throws IOException {
      try (Engine engine = engine()) {
        Command get = Command.of("GET", "k");
        for (Command other :
            List.of(
                Command.of("SET", "k", "v"),
                Command.of("LRANGE", "k", "0", "-1"),
                Command.of("EVAL", "return 1", "0"),
                Command.of("KEYS", "*"),
                Command.of("NOTHING"))) {
          assertThat(engine.readAtOnce(List.of(get, other))).as(other.toString()).isEmpty();
        }
        assertThat(engine.readAtOnce(Collections.nCopies(129, get))).isEmpty();
        assertThat(engine.execute(Command.of("EXISTS", "k"))).isEqualTo(Reply.ZERO);
      }
    }

    @Test
    void waitsForNobody() throws Exception {
      try (Engine engine = engine()) {
        var script = "while true do end";
        var running =
            CompletableFuture.runAsync(() -> engine.execute(Command.of("EVAL", script, "0")));
        Command get = Command.of("GET", "n");
        while (!running.isDone() && engine.readAtOnce(List.of(get)).isPresent()) {
          Thread.onSpinWait();
        }
        assertThat(running).isNotDone();
        running.join();
        assertThat(engine.readAtOnce(List.of(get))).isPresent();
      }
    }

    @Test
    void whatItFindsExpiredIsWrittenWithTheNextChange() throws IOException {
      var journal = new ListJournal();
      try (Engine engine =
          Engine.builder().clock(() -> Instant.ofEpochMilli(now.get())).journal(journal).open()) {
        engine.execute(Command.of("SET", "k", "v", "PX", "100"));
        now.addAndGet(101);
        assertThat(engine.readAtOnce(List.of(Command.of("GET", "k")))).contains(List.of(Reply.NIL));
        engine.execute(Command.of("SET", "other", "v"));
        assertThat(journal.commands())
            .extracting(parts -> Arrays.stream(parts).map(Bytes::toString).toList())
            .endsWith(List.of("DEL", "k"), List.of("SET", "other", "v"));
      }
    }
  }

  @Nested
  class Batches {
    @Test
    void writeAsOftenAsTheyWant() throws IOException {
      try (Engine engine = engine()) {
        assertThat(
                engine.executeAll(
                    List.of(
                        Command.of("INCR", "n"),
                        Command.of("LPUSH", "n", "x"),
                        Command.of("INCR", "n"))))
            .containsExactly(
                Reply.ONE,
                new Reply.SimpleError(
                    "WRONGTYPE Operation against a key holding the wrong kind of value"),
                Reply.of(2));
      }
    }
  }

  @Nested
  class Transactions {
    @Test
    void runAsAWhole() throws IOException {
      try (Engine engine = engine()) {
        Reply reply =
            engine.transaction(
                List.of(
                    Command.of("SET", "a", "x"),
                    Command.of("INCR", "a"),
                    Command.of("RPUSH", "l", "1", "2")));
        assertThat(array(reply).items())
            .containsExactly(
                Reply.OK,
                new Reply.SimpleError("ERR value is not an integer or out of range"),
                Reply.of(2));
      }
    }

    @Test
    void areDiscardedIfOneCommandCannotBeQueued() throws IOException {
      try (Engine engine = engine()) {
        Reply reply =
            engine.transaction(List.of(Command.of("SET", "a", "x"), Command.of("NOSUCH")));
        assertThat(reply)
            .isEqualTo(
                new Reply.SimpleError(
                    "EXECABORT Transaction discarded because of previous errors."));
        assertThat(engine.execute(Command.of("EXISTS", "a"))).isEqualTo(Reply.ZERO);
      }
    }

    @Test
    void scriptsAndTransactionsOfManyThreadsLoseNothing() throws IOException {
      String script = "redis.call('SET', KEYS[1], redis.call('GET', KEYS[1]) + 1)";
      try (Engine engine = engine()) {
        engine.execute(Command.of("SET", "n", "0"));
        var threads = new ArrayList<CompletableFuture<Void>>();
        for (int t = 0; t < 8; t++) {
          threads.add(
              CompletableFuture.runAsync(() -> {
                for (int i = 0; i < 250; i++) {
                  engine.execute(Command.of("EVAL", script, "1", "n"));
                  engine.transaction(List.of(Command.of("INCR", "n"), Command.of("INCR", "m")));
                }
              }));
        }
        threads.forEach(CompletableFuture::join);
        assertThat(engine.execute(Command.of("GET", "n"))).isEqualTo(Reply.of(Bytes.of("4000")));
        assertThat(engine.execute(Command.of("GET", "m"))).isEqualTo(Reply.of(Bytes.of("2000")));
      }
    }
  }

  @Nested
  class Memory {
    @Test
    void withoutEvictionWhatNeedsMoreIsRefused() throws IOException {
      try (Engine engine = Engine.builder().memory(200_000, Eviction.NONE).open()) {
        Reply reply = Reply.OK;
        for (int i = 0; i < 10_000 && reply.equals(Reply.OK); i++) {
          reply = engine.execute(Command.of("SET", "k" + i, "x".repeat(100)));
        }
        assertThat(reply)
            .isEqualTo(
                new Reply.SimpleError("OOM command not allowed when used memory > 'maxmemory'."));
        assertThat(engine.execute(Command.of("GET", "k0"))).isInstanceOf(Reply.BulkString.class);
        assertThat(engine.execute(Command.of("DEL", "k0", "k1", "k2"))).isEqualTo(Reply.of(3));
        assertThat(engine.execute(Command.of("SET", "k0", "x"))).isEqualTo(Reply.OK);
      }
    }

    @Test
    void severalEnginesShareABudget() throws IOException {
      var budget = new MemoryBudget(200_000);
      try (Engine one = Engine.builder().memory(budget, Eviction.NONE).open()) {
        Engine another = Engine.builder().memory(budget, Eviction.NONE).open();
        assertThat(another.execute(Command.of("SET", "k", "x".repeat(150_000))))
            .isEqualTo(Reply.OK);
        assertThat(one.execute(Command.of("SET", "k", "x".repeat(100_000)))).isEqualTo(Reply.OK);
        assertThat(one.execute(Command.of("SET", "more", "x")))
            .isEqualTo(
                new Reply.SimpleError("OOM command not allowed when used memory > 'maxmemory'."));
        another.close();
        assertThat(one.execute(Command.of("SET", "more", "x"))).isEqualTo(Reply.OK);
      }
      assertThat(budget.used()).isZero();
    }

    @Test
    void whatIsUsedStaysAndWhatIsNotGoes() throws IOException {
      try (Engine engine =
          Engine.builder()
              .clock(() -> Instant.ofEpochMilli(now.incrementAndGet()))
              .random(new Random(7))
              .memory(200_000, Eviction.ALL_KEYS)
              .open()) {
        for (int i = 0; i < 5_000; i++) {
          engine.execute(Command.of("SET", "k" + i, "x".repeat(100)));
          engine.execute(Command.of("GET", "k0"));
        }
        assertThat(engine.execute(Command.of("EXISTS", "k0"))).isEqualTo(Reply.ONE);
        assertThat(engine.execute(Command.of("EXISTS", "k1"))).isEqualTo(Reply.ZERO);
      }
    }

    @Test
    void onlyWhatExpiresIsEvictedIfThatWasAskedFor() throws IOException {
      try (Engine engine = Engine.builder().memory(100_000, Eviction.VOLATILE_KEYS).open()) {
        engine.execute(Command.of("SET", "stays", "x"));
        for (int i = 0; i < 2_000; i++) {
          assertThat(engine.execute(Command.of("SET", "k" + i, "x".repeat(100), "EX", "1000")))
              .isEqualTo(Reply.OK);
        }
        assertThat(engine.execute(Command.of("EXISTS", "stays"))).isEqualTo(Reply.ONE);
      }
    }
  }

  @Nested
  class Scans {
    @Test
    void showWhatIsThereAllTheTimeExactlyOnceWhateverHappensMeanwhile() throws IOException {
      for (int seed = 0; seed < 20; seed++) {
        var random = new Random(seed);
        try (Engine engine = engine()) {
          var stays = new HashSet<String>();
          for (int i = 0; i < 500; i++) {
            engine.execute(Command.of("SET", "k" + i, "v"));
            if (i % 2 == 0) {
              stays.add("k" + i);
            }
          }
          var shown = new ArrayList<String>();
          String cursor = "0";
          do {
            var items = array(engine.execute(Command.of("SCAN", cursor, "COUNT", "7"))).items();
            cursor = ((Reply.BulkString) items.get(0)).value().toString();
            for (Reply key : array(items.get(1)).items()) {
              shown.add(((Reply.BulkString) key).value().toString());
            }
            for (int i = 0; i < 20; i++) {
              engine.execute(Command.of("DEL", "k" + (random.nextInt(250) * 2 + 1)));
              engine.execute(Command.of("SET", "new" + random.nextInt(1000), "v"));
            }
          } while (!cursor.equals("0"));
          assertThat(shown).containsAll(stays);
          assertThat(shown.stream().filter(stays::contains)).doesNotHaveDuplicates();
        }
      }
    }
  }

  @Nested
  class Subscriptions {
    @Test
    void hearWhatIsPublishedInItsOrderUntilTheyEnd() throws IOException {
      try (Engine engine = engine()) {
        var heard = new ArrayList<String>();
        var subscription =
            engine
                .subscribe(
                    Set.of(Bytes.of("news")),
                    Set.of(Bytes.of("n*")),
                    message ->
                        heard.add(
                            message.pattern() + "|" + message.channel() + "|" + message.payload()))
                .toCompletableFuture()
                .join();
        assertThat(engine.execute(Command.of("PUBLISH", "news", "1"))).isEqualTo(Reply.of(2));
        assertThat(engine.execute(Command.of("PUBLISH", "nix", "2"))).isEqualTo(Reply.ONE);
        engine.execute(Command.of("EVAL", "redis.call('PUBLISH', 'news', '3')", "0"));
        subscription.close();
        assertThat(engine.execute(Command.of("PUBLISH", "news", "4"))).isEqualTo(Reply.ZERO);
        assertThat(heard)
            .containsExactly("|news|1", "n*|news|1", "n*|nix|2", "|news|3", "n*|news|3");
      }
    }
  }
}
