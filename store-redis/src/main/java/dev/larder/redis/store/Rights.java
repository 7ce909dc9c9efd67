package dev.larder.redis.store;

import dev.larder.core.spi.StoreException;
import dev.larder.redis.client.Connections;
import dev.larder.redis.client.RedisAddress;
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

/**
 * Which commands the store lets its user run (its ACL), tried out on every new connection: a
 * missing right is named at the start, and not by the first operation that needs it.
 */
final class Rights {
  /** A channel nobody publishes anything on. */
  private static final byte[] CHANNEL = Names.bytes("larder:rights");

  /** Names a script that does not exist. */
  private static final String NO_SCRIPT = "0".repeat(40);

  /** How long the replies may take, in ms. */
  private static final long WITHIN = 2_000;

  private Rights() {}

  /**
   * Tries every command that is needed, on every node.
   *
   * @param open the connections to try
   * @param address where the store is, for the message
   * @param waits true if invalidations wait for replicas
   * @return fails with a {@link StoreException} that names the commands that are refused
   */
  static CompletableFuture<Void> check(Connections open, RedisAddress address, boolean waits) {
    Set<String> refused = Collections.synchronizedSet(new TreeSet<>());
    return CompletableFuture.allOf(
            tried("subscribe", open.subscribe(CHANNEL), refused),
            open.onEveryNode(Names::probe, (node, key) -> check(node, key, waits, refused)))
        .orTimeout(WITHIN, TimeUnit.MILLISECONDS)
        .handle((done, failure) -> {
          if (!refused.isEmpty()) {
            throw new StoreException(missing(address, refused));
          }
          // Whatever else is wrong with a node shows when it is used.
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
        node.eval(Scripts.RIGHTS.text(), ScriptOutputType.MULTI, new byte[][] {key}, CHANNEL);
    tried.add(tried("eval", inside, refused));
    tried.add(
        inside
            .toCompletableFuture()
            .handle((names, failure) -> {
              if (failure == null) {
                names.forEach(name -> refused.add(Replies.text(name).toLowerCase(Locale.ROOT)));
              }
              return failure == null;
            }));
    return CompletableFuture.allOf(tried.toArray(CompletableFuture[]::new));
  }

  /** Adds a command to {@code refused} if its reply says that this user may not run it. */
  private static CompletableFuture<Boolean> tried(
      String command, RedisFuture<?> reply, Set<String> refused) {
    return reply
        .toCompletableFuture()
        .handle((done, failure) -> {
          boolean denied =
              failure != null && String.valueOf(failure.getMessage()).contains("NOPERM");
          return denied && refused.add(command);
        });
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
