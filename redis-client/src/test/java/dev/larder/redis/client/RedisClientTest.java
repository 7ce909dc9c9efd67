package dev.larder.redis.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.spi.StoreException;
import dev.larder.testkit.RedisProcess;
import dev.larder.testkit.TcpProxy;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Commands on a real Redis, and what becomes of them when it is slow, cut off or gone. */
class RedisClientTest {
  private static final byte[] KEY = "key".getBytes(UTF_8);
  private static final Script INCREMENT = Script.of("return redis.call('INCR', KEYS[1])");

  private final RedisProcess redis = RedisProcess.start();
  private final TcpProxy network = TcpProxy.to(redis.port());
  private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
  private final RedisClient client =
      client(opened -> CompletableFuture.completedFuture(null), List.of(INCREMENT));

  private RedisClient client(
      Function<Connections, CompletableFuture<Void>> check, List<Script> scripts) {
    return new RedisClient(
        new RedisClient.Options(
            RedisAddress.parse("redis://" + network.host()),
            300,
            0,
            scripts,
            number -> "{probe-%d}".formatted(number).getBytes(UTF_8),
            check,
            EnumSet.allOf(Traffic.class),
            (pattern, channel, message) -> received.add(new String(message, UTF_8))));
  }

  @AfterEach
  void close() {
    redis.thaw();
    client.close();
    network.close();
    redis.close();
  }

  private CompletableFuture<String> set(String value) {
    return client.send(Traffic.BULK, KEY, commands -> commands.set(KEY, value.getBytes(UTF_8)));
  }

  private static void await(Runnable assertion) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (true) {
      try {
        assertion.run();
        return;
      } catch (AssertionError e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void nothingIsSentBeforeItIsConnected() {
    assertThat(client.isReachable()).isFalse();
    assertThatThrownBy(() -> set("a").join())
        .hasCauseInstanceOf(StoreException.class)
        .hasMessageContaining("redis://" + network.host())
        .hasMessageContaining("not connected");
  }

  @Test
  void commandsScriptsAndMessagesPass() throws InterruptedException {
    client.connect().join();
    assertThat(client.isReachable()).isTrue();
    for (Traffic traffic : Traffic.values()) {
      client.send(traffic, KEY, commands -> commands.set(KEY, "41".getBytes(UTF_8))).join();
      assertThat(client.run(traffic, INCREMENT, new byte[][] {KEY}).join()).containsExactly(42L);
    }
    byte[] channel = "channel".getBytes(UTF_8);
    client.subscribe(channel);
    redis.await("channel", "PUBSUB", "CHANNELS");
    redis.ask("PUBLISH", "channel", "message");
    assertThat(received.poll(30, TimeUnit.SECONDS)).isEqualTo("message");
  }

  @Test
  void aScriptTheNodeHasForgottenIsSentAgain() {
    client.connect().join();
    redis.ask("SCRIPT", "FLUSH");
    assertThat(client.run(Traffic.URGENT, INCREMENT, new byte[][] {KEY}).join())
        .containsExactly(1L);
  }

  @Test
  void anErrorOfACommandIsAReplyAndOpensNoCircuit() {
    client.connect().join();
    set("text").join();
    for (int i = 0; i < 10; i++) {
      assertThatThrownBy(() -> client.run(Traffic.URGENT, INCREMENT, new byte[][] {KEY}).join())
          .hasCauseInstanceOf(StoreException.class)
          .hasMessageContaining("not an integer");
    }
    assertThat(client.isReachable()).isTrue();
  }

  @Test
  void aCheckThatFailsRefusesTheConnection() {
    try (RedisClient refused =
        client(
            opened -> CompletableFuture.failedFuture(new StoreException("no right")), List.of())) {
      assertThatThrownBy(() -> refused.connect().join()).hasMessageContaining("no right");
      assertThat(refused.isReachable()).isFalse();
    }
  }

  @Test
  void aFrozenNodeIsRefusedUntilItRepliesAgain() {
    client.connect().join();
    redis.freeze();
    await(() -> {
      assertThat(client.send(Traffic.URGENT, KEY, commands -> commands.get(KEY)))
          .failsWithin(30, TimeUnit.SECONDS);
      assertThat(client.isReachable()).isFalse();
    });
    assertThat(client.send(Traffic.URGENT, KEY, commands -> commands.get(KEY)))
        .failsWithin(30, TimeUnit.SECONDS)
        .withThrowableThat()
        .withMessageContaining("store redis://");
    redis.thaw();
    await(() -> {
      assertThat(client.ping()).succeedsWithin(30, TimeUnit.SECONDS);
      assertThat(client.isReachable()).isTrue();
    });
  }

  @Test
  void aConnectionThatSwallowsRepliesIsReplaced() {
    client.connect().join();
    network.swallowAnswers();
    assertThat(set("a")).failsWithin(30, TimeUnit.SECONDS);
    network.mend();
    // The read timeout closes what swallows, and the new connection does not.
    await(() -> assertThat(set("b")).succeedsWithin(30, TimeUnit.SECONDS));
  }
}
