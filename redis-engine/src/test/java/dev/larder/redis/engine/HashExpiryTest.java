package dev.larder.redis.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.redis.engine.data.Eviction;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import dev.larder.redis.engine.resp.RespWriter;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Fields that expire answer what the documentation of Redis 7.4 and 8 says. */
class HashExpiryTest {
  private final AtomicLong now = new AtomicLong(1_000_000);
  private final ListJournal journal = new ListJournal();
  private Engine engine;

  @BeforeEach
  void open() throws IOException {
    engine = Engine.builder().clock(() -> Instant.ofEpochMilli(now.get())).journal(journal).open();
    ask("HSET h a 1 b 2 c 3");
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private String ask(String command) {
    Command parsed = Command.of(List.of(command.split(" ")).stream().map(Bytes::of).toList());
    return Bytes.wrap(RespWriter.bytesOf(engine.execute(parsed))).toString().replace("\r\n", "|");
  }

  @Test
  void aFieldIsGoneOnceItsTimeHasPassedAndTheOthersStay() {
    assertThat(ask("HPEXPIRE h 100 FIELDS 2 a nosuch")).isEqualTo("*2|:1|:-2|");
    now.addAndGet(100);
    assertThat(ask("HGET h a")).isEqualTo("$1|1|");
    now.addAndGet(1);
    assertThat(ask("HLEN h")).isEqualTo(":2|");
    assertThat(ask("HGETALL h")).isEqualTo("*4|$1|b|$1|2|$1|c|$1|3|");
    assertThat(ask("HEXISTS h a")).isEqualTo(":0|");
  }

  @Test
  void aHashWithoutFieldsIsNoKey() {
    assertThat(ask("HEXPIRE h 10 FIELDS 3 a b c")).isEqualTo("*3|:1|:1|:1|");
    now.addAndGet(10_001);
    assertThat(ask("EXISTS h")).isEqualTo(":0|");
    assertThat(ask("DBSIZE")).isEqualTo(":0|");
  }

  @Test
  void memoryComesBackWithoutAnybodyLooking() {
    for (int i = 0; i < 500; i++) {
      ask("HSET many f" + i + " v");
      ask("HPEXPIRE many " + (1 + i) + " FIELDS 1 f" + i);
    }
    now.addAndGet(501);
    while (engine.removeExpired()) {
      // Until nothing is left.
    }
    assertThat(ask("DBSIZE")).isEqualTo(":1|");
  }

  @Test
  void conditionsAreThoseOfKeys() {
    assertThat(ask("HEXPIRE h 10 XX FIELDS 1 a")).isEqualTo("*1|:0|");
    assertThat(ask("HEXPIRE h 10 GT FIELDS 1 a")).isEqualTo("*1|:0|");
    assertThat(ask("HEXPIRE h 10 LT FIELDS 1 a")).isEqualTo("*1|:1|");
    assertThat(ask("HEXPIRE h 20 NX FIELDS 1 a")).isEqualTo("*1|:0|");
    assertThat(ask("HEXPIRE h 20 LT FIELDS 1 a")).isEqualTo("*1|:0|");
    assertThat(ask("HEXPIRE h 20 GT FIELDS 1 a")).isEqualTo("*1|:1|");
    assertThat(ask("HTTL h FIELDS 3 a b nosuch")).isEqualTo("*3|:20|:-1|:-2|");
    assertThat(ask("HPTTL h FIELDS 1 a")).isEqualTo("*1|:20000|");
    assertThat(ask("HEXPIRETIME h FIELDS 1 a")).isEqualTo("*1|:1020|");
    assertThat(ask("HPEXPIRETIME h FIELDS 1 a")).isEqualTo("*1|:1020000|");
    assertThat(ask("HPERSIST h FIELDS 3 a b nosuch")).isEqualTo("*3|:1|:-1|:-2|");
    assertThat(ask("HTTL h FIELDS 1 a")).isEqualTo("*1|:-1|");
    assertThat(ask("HTTL nosuch FIELDS 2 a b")).isEqualTo("*2|:-2|:-2|");
  }

  @Test
  void aTimeThatIsPastRemovesTheField() {
    assertThat(ask("HEXPIRE h 0 FIELDS 1 a")).isEqualTo("*1|:2|");
    assertThat(ask("HPEXPIREAT h 5 FIELDS 2 b c")).isEqualTo("*2|:2|:2|");
    assertThat(ask("EXISTS h")).isEqualTo(":0|");
  }

  @Test
  void aFieldThatIsSetStaysAndOneThatIsCountedDoesNot() {
    ask("HEXPIRE h 10 FIELDS 2 a b");
    ask("HSET h a 5");
    ask("HINCRBY h b 5");
    assertThat(ask("HTTL h FIELDS 2 a b")).isEqualTo("*2|:-1|:10|");
  }

  @Test
  void fieldsAreReadAndRemovedOrWrittenWithAnExpiryAtOnce() {
    assertThat(ask("HGETDEL h FIELDS 2 a nosuch")).isEqualTo("*2|$1|1|$-1|");
    assertThat(ask("HGETEX h EX 10 FIELDS 1 b")).isEqualTo("*1|$1|2|");
    assertThat(ask("HTTL h FIELDS 1 b")).isEqualTo("*1|:10|");
    assertThat(ask("HGETEX h PERSIST FIELDS 1 b")).isEqualTo("*1|$1|2|");
    assertThat(ask("HTTL h FIELDS 1 b")).isEqualTo("*1|:-1|");
    assertThat(ask("HSETEX h FNX EX 10 FIELDS 2 b 7 d 8")).isEqualTo(":0|");
    assertThat(ask("HSETEX h EX 10 FIELDS 2 b 7 d 8")).isEqualTo(":1|");
    assertThat(ask("HSETEX h KEEPTTL FIELDS 1 b 9")).isEqualTo(":1|");
    assertThat(ask("HTTL h FIELDS 2 b d")).isEqualTo("*2|:10|:10|");
    assertThat(ask("HMGET h b d")).isEqualTo("*2|$1|9|$1|8|");
  }

  @Test
  void whatIsWrongIsSaid() {
    assertThat(ask("HEXPIRE h 10 FIELD 1 a")).startsWith("-ERR Mandatory argument FIELDS");
    assertThat(ask("HEXPIRE h 10 FIELDS 0 a")).startsWith("-ERR Parameter `numFields`");
    assertThat(ask("HEXPIRE h 10 FIELDS 2 a")).startsWith("-ERR The `numfields` parameter");
    assertThat(ask("HEXPIRE h -1 FIELDS 1 a")).isEqualTo("-ERR invalid expire time, must be >= 0|");
    assertThat(ask("HEXPIRE h 9223372036854775807 FIELDS 1 a")).startsWith("-ERR invalid expire");
    assertThat(ask("HTTL h a b c")).startsWith("-ERR Mandatory argument FIELDS");
    ask("SET s v");
    assertThat(ask("HTTL s FIELDS 1 a")).startsWith("-WRONGTYPE");
  }

  @Test
  void theJournalMakesTheSameAgainWhateverTimeItIsThen() throws IOException {
    var random = new Random(1);
    String[] commands = {
      "HSET h%d f%d v",
      "HPEXPIRE h%d 500 FIELDS 1 f%d",
      "HPEXPIREAT h%d 1000500 LT FIELDS 1 f%d",
      "HPERSIST h%d FIELDS 1 f%d",
      "HINCRBY h%d n%d 1",
      "HPEXPIRE h%d 300 FIELDS 1 n%d",
      "HGETDEL h%d FIELDS 1 f%d",
      "HSETEX h%d PX 200 FIELDS 1 f%d w",
      "HGETEX h%d PX 100 FIELDS 1 f%d",
      "HDEL h%d f%d",
      "COPY h%d h%d REPLACE",
      "RENAME h%d h%d",
      "HPEXPIRE h%d 0 FIELDS 1 f%d"
    };
    for (int i = 0; i < 20_000; i++) {
      ask(
          commands[random.nextInt(commands.length)].formatted(
              random.nextInt(4), random.nextInt(4)));
      now.addAndGet(random.nextInt(3) == 0 ? 20 : 0);
      if (i % 1000 == 0) {
        try (Engine again =
            Engine.builder().clock(() -> Instant.ofEpochMilli(now.get())).journal(journal).open()) {
          assertThat(Contents.of(again)).isEqualTo(Contents.of(engine));
        }
      }
    }
  }

  @Test
  void whatNeedsMemoryIsRefusedWhenThereIsNone() throws IOException {
    try (Engine full = Engine.builder().memory(1, Eviction.NONE).open()) {
      full.execute(Command.of("SET", "a", "b"));
      Reply reply = full.execute(Command.of("HSETEX", "h", "FIELDS", "1", "a", "b"));
      assertThat(Bytes.wrap(RespWriter.bytesOf(reply)).toString()).startsWith("-OOM");
    }
  }
}
