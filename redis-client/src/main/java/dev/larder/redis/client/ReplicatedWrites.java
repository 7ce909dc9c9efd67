package dev.larder.redis.client;

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
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes to one node that complete once replicas have them.
 *
 * <p>{@code WAIT} covers the writes of its own connection only. On a new connection it counts all
 * replicas, since nothing was written there. So writes and their {@code WAIT} are dispatched as one
 * batch: either the whole batch is sent on one connection, or it fails. {@code WAIT} blocks its
 * connection, so one batch is under way at a time, and writes that come meanwhile form the next: a
 * write waits for two batches at most.
 *
 * <p>Safe for use by many threads.
 */
final class ReplicatedWrites {
  private final Supplier<CompletableFuture<StatefulRedisConnection<byte[], byte[]>>> connection;
  private final Function<CompletableFuture<Long>, CompletableFuture<Long>> bounded;
  private final int replicas;

  /** How long the node waits for its replicas, in ms. */
  private final long waitMillis;

  // Guarded by this.
  private List<Write> waiting = new ArrayList<>();
  private boolean underWay;

  /**
   * The writes to one node.
   *
   * @param connection the connection of {@link Traffic#REPLICATED} to the node
   * @param bounded puts a bound on the reply to {@code WAIT}, longer than {@code waitMillis}
   * @param replicas how many replicas must have a write
   * @param waitMillis how long the node waits for them, in ms
   */
  ReplicatedWrites(
      Supplier<CompletableFuture<StatefulRedisConnection<byte[], byte[]>>> connection,
      Function<CompletableFuture<Long>, CompletableFuture<Long>> bounded,
      int replicas,
      long waitMillis) {
    this.connection = connection;
    this.bounded = bounded;
    this.replicas = replicas;
    this.waitMillis = waitMillis;
  }

  /**
   * One write.
   *
   * @param script what writes
   * @param keys the keys it uses, all in one slot
   * @param arguments its other arguments
   * @param asText true to send the source of the script and not its digest
   * @param reply completes with the reply of the script
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Write(
      Script script,
      byte[][] keys,
      byte[][] arguments,
      boolean asText,
      CompletableFuture<List<Object>> reply) {
    AsyncCommand<byte[], byte[], List<Object>> command() {
      var args =
          new CommandArgs<>(ByteArrayCodec.INSTANCE)
              .add(asText ? script.text() : script.digest())
              .add(keys.length)
              .addKeys(keys)
              .addValues(arguments);
      return new AsyncCommand<>(
          new Command<>(
              asText ? CommandType.EVAL : CommandType.EVALSHA,
              new NestedMultiOutput<>(ByteArrayCodec.INSTANCE),
              args));
    }
  }

  /**
   * Runs a script.
   *
   * @return completes with its reply once the replicas have what it wrote; fails with a {@link
   *     StoreException} if they do not in time, though the write may have taken effect
   */
  CompletableFuture<List<Object>> run(Script script, byte[][] keys, byte[]... arguments) {
    var write = new Write(script, keys, arguments, false, new CompletableFuture<>());
    add(write);
    return write.reply();
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

  /** Sends the writes that wait, if there are any. */
  private void next() {
    List<Write> batch;
    synchronized (this) {
      batch = waiting;
      waiting = new ArrayList<>();
      if (batch.isEmpty()) {
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
            batch.forEach(write -> write.reply().completeExceptionally(failure));
            next();
          } else {
            send(connected, batch);
          }
        });
  }

  private void send(StatefulRedisConnection<byte[], byte[]> connected, List<Write> batch) {
    List<AsyncCommand<byte[], byte[], List<Object>>> scripts =
        batch.stream().map(Write::command).toList();
    var waited =
        new AsyncCommand<>(
            new Command<>(
                CommandType.WAIT,
                new IntegerOutput<>(ByteArrayCodec.INSTANCE),
                new CommandArgs<>(ByteArrayCodec.INSTANCE).add(replicas).add(waitMillis)));
    var commands = new ArrayList<RedisCommand<byte[], byte[], ?>>(scripts);
    commands.add(waited);
    try {
      connected.dispatch(commands);
    } catch (RuntimeException e) {
      commands.forEach(command -> command.completeExceptionally(e));
    }
    var _ =
        bounded
            .apply(waited.toCompletableFuture())
            .whenComplete((reached, failure) -> {
              for (int i = 0; i < batch.size(); i++) {
                settle(batch.get(i), scripts.get(i), reached, failure);
              }
              next();
            });
  }

  /**
   * Completes one write of a batch.
   *
   * @param script the reply of its script
   * @param reached how many replicas have the batch; null if {@code WAIT} failed
   * @param failure what {@code WAIT} failed with
   */
  private void settle(
      Write write,
      AsyncCommand<byte[], byte[], List<Object>> script,
      @Nullable Long reached,
      @Nullable Throwable failure) {
    if (script.isCompletedExceptionally()) {
      Throwable refused = script.exceptionNow();
      if (refused instanceof RedisNoScriptException && !write.asText()) {
        var again = new Write(write.script(), write.keys(), write.arguments(), true, write.reply());
        add(again);
      } else {
        write.reply().completeExceptionally(refused);
      }
    } else if (failure != null || reached == null || !script.isDone()) {
      write
          .reply()
          .completeExceptionally(
              failure == null ? new StoreException("no answer") : Failures.unwrapped(failure));
    } else if (reached < replicas) {
      write
          .reply()
          .completeExceptionally(
              new StoreException(
                  "the write has reached %d replicas; %d are asked for by --redis-wait-replicas"
                      .formatted(reached, replicas)));
    } else {
      write.reply().complete(script.join());
    }
  }
}
