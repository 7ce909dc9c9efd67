package dev.larder.redis.client;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.larder.core.spi.StoreException;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends commands as they are given, whatever they are, and reads replies as they come. All commands
 * of a call go to the node that has a key, in their order, whatever keys they are about.
 *
 * <p>Safe for use by many threads; nothing here blocks.
 *
 * @param <R> a reply
 */
public final class AnyCommands<R> {
  private final RedisClient client;
  private final Replies<R> replies;
  private final long most;

  /**
   * Commands sent by a client.
   *
   * @param replies makes replies; errors are among them
   * @param most how many bytes the replies of a call may have; an error takes the place of one for
   *     which there is no room
   */
  public AnyCommands(RedisClient client, Replies<R> replies, long most) {
    this.client = client;
    this.replies = replies;
    this.most = most;
  }

  /**
   * A name as it is sent, which the store repeats in errors. To Lettuce it is one in lower case, as
   * that keeps a state of transactions, which is not ours, by the names in capital letters.
   */
  private static final class Name implements ProtocolKeyword {
    private final byte[] given;

    Name(byte[] given) {
      this.given = given;
    }

    @Override
    public byte[] getBytes() {
      return given;
    }

    @Override
    public String toString() {
      return new String(given, US_ASCII).toLowerCase(Locale.ROOT);
    }
  }

  /** Arguments that belong to a key that is not among them. */
  private static final class Arguments extends CommandArgs<byte[], byte[]> {
    private final byte[] key;

    Arguments(byte[] key) {
      super(ByteArrayCodec.INSTANCE);
      this.key = key;
    }

    @Override
    public ByteBuffer getFirstEncodedKey() {
      return ByteBuffer.wrap(key);
    }
  }

  /**
   * Sends commands, each for itself.
   *
   * @param key decides which node is asked
   * @param commands their parts, the name first
   * @return completes with a reply to each; fails with a {@link StoreException} if one is missing,
   *     though any of them may have taken effect
   */
  public CompletableFuture<List<R>> send(Traffic traffic, byte[] key, List<byte[][]> commands) {
    List<AsyncCommand<byte[], byte[], R>> sent = commands(key, commands);
    return connected(traffic, key)
        .thenCompose(to -> {
          to.open().connection(traffic).dispatch(sent);
          List<CompletableFuture<R>> bounded =
              sent.stream().map(each -> client.bounded(to.node(), traffic, each)).toList();
          return Connections.all(bounded);
        });
  }

  /**
   * Sends commands as one transaction, on a connection that carries nothing else.
   *
   * @return completes with an array of a reply to each, or an error if none was run; fails with a
   *     {@link StoreException} as {@link #send} does
   */
  public CompletableFuture<R> transact(byte[] key, List<byte[][]> commands) {
    var all = new ArrayList<byte[][]>(commands.size() + 2);
    all.add(new byte[][] {"multi".getBytes(US_ASCII)});
    all.addAll(commands);
    all.add(new byte[][] {"exec".getBytes(US_ASCII)});
    List<AsyncCommand<byte[], byte[], R>> sent = commands(key, all);
    AsyncCommand<byte[], byte[], R> executed = sent.getLast();
    return connected(Traffic.TRANSACTION, key)
        .thenCompose(to ->
            to.open()
                .node(Traffic.TRANSACTION, to.open().nodeOf(key))
                .thenCompose(connection -> {
                  connection.dispatch(sent);
                  return client.bounded(to.node(), Traffic.TRANSACTION, executed);
                }))
        .thenCompose(reply -> {
          // A command that was refused because its keys are elsewhere: nothing was run.
          return sent.stream()
              .filter(AsyncCommand::isCompletedExceptionally)
              .findFirst()
              .<CompletableFuture<R>>map(
                  moved -> CompletableFuture.failedFuture(client.followed(moved.exceptionNow())))
              .orElseGet(() -> CompletableFuture.completedFuture(reply));
        });
  }

  private record Target(Connections open, Node node) {}

  /** The node of a key, once there is a connection to it: the first commands keep their order. */
  private CompletableFuture<Target> connected(Traffic traffic, byte[] key) {
    return client
        .connect()
        .thenCompose(now -> {
          Connections open = client.open();
          String name = open.nodeOf(key);
          Node node = client.allowed(name);
          return open.node(traffic, name)
              .handle((connection, failure) -> {
                if (failure != null) {
                  client.recordUnopened(name, failure);
                  throw client.followed(failure);
                }
                return new Target(open, node);
              });
        });
  }

  private List<AsyncCommand<byte[], byte[], R>> commands(byte[] key, List<byte[][]> commands) {
    var room = new AtomicLong(most);
    return commands.stream().map(parts -> command(key, parts, room)).toList();
  }

  private AsyncCommand<byte[], byte[], R> command(byte[] key, byte[][] parts, AtomicLong room) {
    var arguments = new Arguments(key);
    for (int i = 1; i < parts.length; i++) {
      arguments.add(parts[i]);
    }
    var name = new Name(parts[0]);
    return new AsyncCommand<>(new Command<>(name, new ReplyOutput<>(replies, room), arguments));
  }
}
