package dev.larder.redis.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.spi.StoreException;
import dev.larder.testkit.RedisProcess;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Commands as they are given, to a real Redis, and replies as it gives them. */
class AnyCommandsTest {
  private static final byte[] KEY = "key".getBytes(UTF_8);

  private final RedisProcess redis = RedisProcess.start();
  private final RedisClient client =
      new RedisClient(
          new RedisClient.Options(
              RedisAddress.parse("redis://" + redis.host()),
              300,
              0,
              List.of(),
              number -> "{probe-%d}".formatted(number).getBytes(UTF_8),
              opened -> CompletableFuture.completedFuture(null),
              EnumSet.of(Traffic.URGENT, Traffic.BULK, Traffic.TRANSACTION),
              (pattern, channel, message) -> {}));
  private final AnyCommands<String> commands = new AnyCommands<>(client, new AsWritten(), 1000);

  /** Replies in a notation that shows their types. */
  private static final class AsWritten implements Replies<String> {
    @Override
    public String error(byte[] text) {
      return "-" + new String(text, UTF_8);
    }

    @Override
    public String integer(long value) {
      return ":" + value;
    }

    @Override
    public String string(byte[] value) {
      return "'" + new String(value, UTF_8) + "'";
    }

    @Override
    public String nothing() {
      return "nothing";
    }

    @Override
    public String array(List<String> items) {
      return items.stream().collect(Collectors.joining(" ", "[", "]"));
    }
  }

  @AfterEach
  void close() {
    redis.thaw();
    client.close();
    redis.close();
  }

  private static byte[][] command(String text) {
    return Arrays.stream(text.split(" ", -1))
        .map(part -> part.replace('_', ' ').getBytes(UTF_8))
        .toArray(byte[][]::new);
  }

  private static List<byte[][]> all(String... texts) {
    return Arrays.stream(texts).map(AnyCommandsTest::command).toList();
  }

  private List<String> send(String... texts) {
    return commands.send(Traffic.BULK, KEY, all(texts)).join();
  }

  @Test
  void everyTypeOfReplyIsReadAsItIs() {
    assertThat(
            send(
                "SET a 1",
                "GET a",
                "GET none",
                "INCR a",
                "LPUSH a x",
                "MGET a none a",
                "EVAL return_{1,{},{2,{'x',false}},{err='ERR_within'},{ok='fine'}} 0",
                "EVAL return_{ok='QUEUED'} 0",
                "LRANGE none 0 -1",
                "LPOP none 2",
                "NOSUCH x"))
        .containsExactly(
            "'OK'",
            "'1'",
            "nothing",
            ":2",
            "-WRONGTYPE Operation against a key holding the wrong kind of value",
            "['2' nothing '2']",
            "[:1 [] [:2 ['x' nothing]] -ERR within 'fine']",
            "'QUEUED'",
            "[]",
            "nothing",
            "-ERR unknown command 'NOSUCH', with args beginning with: 'x' ");
  }

  @Test
  void transactionsAreWhole() {
    assertThat(commands.transact(KEY, all("SET b 1", "LPUSH b x", "INCR b")).join())
        .isEqualTo("['OK' -WRONGTYPE Operation against a key holding the wrong kind of value :2]");
    assertThat(commands.transact(KEY, all("SET b 5", "NOSUCH")).join())
        .isEqualTo("-EXECABORT Transaction discarded because of previous errors.");
    var running = new ArrayList<CompletableFuture<String>>();
    for (int i = 0; i < 200; i++) {
      running.add(commands.transact(KEY, all("INCR b", "INCR b")));
    }
    for (int i = 0; i < 200; i++) {
      assertThat(running.get(i).join()).isEqualTo("[:%d :%d]".formatted(2 * i + 3, 2 * i + 4));
    }
    assertThat(send("GET b")).containsExactly("'402'");
  }

  @Test
  void aReplyWithoutRoomIsAnError() {
    assertThat(send("SET c " + "x".repeat(600), "GET c", "GET c", "PING"))
        .satisfies(replies -> {
          assertThat(replies.get(1)).hasSize(602);
          assertThat(replies.get(2)).startsWith("-ERR max response size exceeded");
          assertThat(replies.get(3)).isEqualTo("'PONG'");
        });
  }

  @Test
  void aFrozenServerFailsInTime() {
    send("PING");
    redis.freeze();
    long begun = System.nanoTime();
    assertThatThrownBy(() -> send("PING")).hasCauseInstanceOf(StoreException.class);
    assertThatThrownBy(() -> commands.transact(KEY, all("PING")).join())
        .hasCauseInstanceOf(StoreException.class);
    assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(20));
  }
}
