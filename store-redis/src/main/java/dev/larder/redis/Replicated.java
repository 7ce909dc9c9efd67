package dev.larder.redis;

import dev.larder.core.spi.StoreException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes to one node that are done once replicas have them.
 *
 * <p>{@code WAIT} tells of the writes of its own connection only, and on a new one it says that the
 * replicas have everything, as nothing was written there. So writes and their {@code WAIT} are
 * handed over in one piece: either all of it goes out on one connection, or it fails. As {@code
 * WAIT} holds up its connection, one piece is under way at a time, and whoever comes meanwhile goes
 * with the next: however many they are, nobody waits longer than for two.
 */
final class Replicated {
  private final Supplier<CompletableFuture<StatefulRedisConnection<byte[], byte[]>>> connection;
  private final Function<CompletableFuture<Long>, CompletableFuture<Long>> bounded;
  private final int replicas;
  private final long patience;

  // Guarded by this.
  private List<Write> waiting = new ArrayList<>();
  private boolean underWay;

  /**
   * The way to a node.
   *
   * @param connection the connection for this alone
   * @param bounded puts a bound on the answer to {@code WAIT}, which is longer than patience
   * @param replicas how many must have a write
   * @param patience how long the node waits for them, in ms
   */
  Replicated(
      Supplier<CompletableFuture<StatefulRedisConnection<byte[], byte[]>>> connection,
      Function<CompletableFuture<Long>, CompletableFuture<Long>> bounded,
      int replicas,
      long patience) {
    this.connection = connection;
    this.bounded = bounded;
    this.replicas = replicas;
    this.patience = patience;
  }

  /** A script that writes, and who waits for its answer. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Write(
      Script script,
      byte[][] keys,
      byte[][] given,
      boolean inFull,
      CompletableFuture<List<Object>> answer) {
    AsyncCommand<byte[], byte[], List<Object>> command() {
      var args =
          new CommandArgs<>(ByteArrayCodec.INSTANCE)
              .add(inFull ? script.text() : script.digest())
              .add(keys.length)
              .addKeys(keys)
              .addValues(given);
      return new AsyncCommand<>(
          new Command<>(
              inFull ? CommandType.EVAL : CommandType.EVALSHA,
              new NestedMultiOutput<>(ByteArrayCodec.INSTANCE),
              args));
    }
  }

  /**
   * Runs a script; completes with its answer once the replicas have what it wrote, and fails if
   * they do not in time.
   */
  CompletableFuture<List<Object>> run(Script script, byte[][] keys, byte[]... given) {
    var write = new Write(script, keys, given, false, new CompletableFuture<>());
    add(write);
    return write.answer();
  }

  private void add(Write write) {
    synchronized (this) {
      waiting.add(write);
      if (underWay) {
        return;
      }
      underWay = true;
    }
    next();
  }

  private void next() {
    List<Write> together;
    synchronized (this) {
      together = waiting;
      waiting = new ArrayList<>();
      if (together.isEmpty()) {
        underWay = false;
        return;
      }
    }
    CompletableFuture<StatefulRedisConnection<byte[], byte[]>> open;
    try {
      open = connection.get();
    } catch (RuntimeException e) {
      open = CompletableFuture.failedFuture(e);
    }
    var _ =
        open.whenComplete((connected, failure) -> {
          if (failure != null) {
            together.forEach(write -> write.answer().completeExceptionally(failure));
            next();
          } else {
            send(connected, together);
          }
        });
  }

  private void send(StatefulRedisConnection<byte[], byte[]> connected, List<Write> together) {
    List<AsyncCommand<byte[], byte[], List<Object>>> scripts =
        together.stream().map(Write::command).toList();
    var waited =
        new AsyncCommand<>(
            new Command<>(
                CommandType.WAIT,
                new IntegerOutput<>(ByteArrayCodec.INSTANCE),
                new CommandArgs<>(ByteArrayCodec.INSTANCE).add(replicas).add(patience)));
    var piece = new ArrayList<RedisCommand<byte[], byte[], ?>>(scripts);
    piece.add(waited);
    try {
      connected.dispatch(piece);
    } catch (RuntimeException e) {
      piece.forEach(command -> command.completeExceptionally(e));
    }
    var _ =
        bounded
            .apply(waited.toCompletableFuture())
            .whenComplete((reached, failure) -> {
              for (int i = 0; i < together.size(); i++) {
                settle(together.get(i), scripts.get(i), reached, failure);
              }
              next();
            });
  }

  private void settle(
      Write write,
      AsyncCommand<byte[], byte[], List<Object>> script,
      @Nullable Long reached,
      @Nullable Throwable failure) {
    if (script.isCompletedExceptionally()) {
      Throwable refused = script.exceptionNow();
      if (refused instanceof RedisNoScriptException && !write.inFull()) {
        var again = new Write(write.script(), write.keys(), write.given(), true, write.answer());
        add(again);
      } else {
        write.answer().completeExceptionally(refused);
      }
    } else if (failure != null || reached == null || !script.isDone()) {
      write
          .answer()
          .completeExceptionally(
              failure == null ? new StoreException("no answer") : unwrapped(failure));
    } else if (reached < replicas) {
      write
          .answer()
          .completeExceptionally(
              new StoreException(
                  "the invalidation has reached %d replicas; %d are asked for by --redis-wait-replicas"
                      .formatted(reached, replicas)));
    } else {
      write.answer().complete(script.join());
    }
  }

  private static Throwable unwrapped(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }
}
