package dev.larder.redis;

import dev.larder.core.spi.StoreException;
import dev.larder.redis.Redis.Lane;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** What the store lets this user do, tried out before anything depends on it. */
final class Rights {
  /** Where nothing of anybody's is said. */
  private static final byte[] CHANNEL = Names.bytes("larder:rights");

  /** Names a script that does not exist. */
  private static final String NO_SCRIPT = "0".repeat(40);

  private static final int SLOTS = 16_384;

  private Rights() {}

  /**
   * Tries every command that is needed, on every node.
   *
   * @param waits true if replicas are waited for
   * @return fails with a {@link StoreException} that names those that are refused
   */
  static CompletableFuture<Void> check(Lines open, RedisAddress address, boolean waits) {
    Set<String> refused = Collections.synchronizedSet(new TreeSet<>());
    List<CompletableFuture<?>> tried = new ArrayList<>();
    tried.add(tried("subscribe", open.subscribe(CHANNEL), refused));
    for (byte[] key : keyOfEachNode(open)) {
      tried.add(
          open.node(Lane.LOG, open.nodeOf(key))
              .thenCompose(node -> check(node.async(), key, waits, refused)));
    }
    return CompletableFuture.allOf(tried.toArray(CompletableFuture[]::new))
        .orTimeout(2, TimeUnit.SECONDS)
        .handle((done, failure) -> {
          if (!refused.isEmpty()) {
            throw new StoreException(missing(address, refused));
          }
          // Whatever else is wrong with a node is found out when it is asked.
          return null;
        });
  }

  private static CompletableFuture<Void> check(
      RedisAsyncCommands<byte[], byte[]> node, byte[] key, boolean waits, Set<String> refused) {
    List<CompletableFuture<?>> tried = new ArrayList<>();
    tried.add(tried("ping", node.ping(), refused));
    tried.add(
        tried(
            "evalsha",
            node.evalsha(NO_SCRIPT, ScriptOutputType.INTEGER, new byte[][] {key}),
            refused));
    if (waits) {
      tried.add(tried("wait", node.waitForReplication(0, 1), refused));
    }
    RedisFuture<List<Object>> inside =
        node.eval(Script.RIGHTS.text(), ScriptOutputType.MULTI, new byte[][] {key}, CHANNEL);
    tried.add(tried("eval", inside, refused));
    tried.add(
        inside
            .toCompletableFuture()
            .handle((names, failure) -> {
              if (failure == null) {
                names.forEach(name -> refused.add(Answers.text(name).toLowerCase(Locale.ROOT)));
              }
              return failure == null;
            }));
    return CompletableFuture.allOf(tried.toArray(CompletableFuture[]::new));
  }

  private static CompletableFuture<Boolean> tried(
      String command, RedisFuture<?> answer, Set<String> refused) {
    return answer
        .toCompletableFuture()
        .handle((done, failure) -> {
          boolean denied =
              failure != null && String.valueOf(failure.getMessage()).contains("NOPERM");
          return denied && refused.add(command);
        });
  }

  /** A key that is nobody's for each node that keeps keys. */
  static List<byte[]> keyOfEachNode(Lines open) {
    var nodes = new TreeSet<>(open.nodes());
    List<byte[]> keys = new ArrayList<>();
    for (int i = 0; i < SLOTS && !nodes.isEmpty(); i++) {
      byte[] key = Names.bytes("larder:{rights-%d}".formatted(i));
      if (nodes.remove(open.nodeOf(key))) {
        keys.add(key);
      }
    }
    return keys;
  }

  private static String missing(RedisAddress address, Set<String> refused) {
    return ("store %s: the user '%s' may not do all that is needed on the keys 'larder:*' and the"
            + " channels 'larder:*'; missing: %s (docs/guide/scaling-out.md has the whole line)")
        .formatted(
            address.shown(),
            address.user(),
            refused.stream().map(command -> "+" + command).collect(Collectors.joining(" ")));
  }
}
