package dev.larder.redis.client;

import dev.larder.core.spi.StoreException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;

/**
 * Failures of commands as {@link StoreException}s that name the store.
 *
 * @param address where the store is
 */
record Failures(RedisAddress address) {
  /** The failure of a command; one that is a {@link StoreException} stays as it is. */
  StoreException of(Throwable failure) {
    Throwable cause = unwrapped(failure);
    return switch (cause) {
      case StoreException known -> known;
      case TimeoutException e -> unreachable("no answer in time", e);
      case RedisCommandTimeoutException e -> unreachable("no answer in time", e);
      case CancellationException e -> unreachable("the connection ended", e);
      default -> unreachable(RedisErrors.explained(cause, address), cause);
    };
  }

  /** The store cannot be asked, for that reason. */
  StoreException unreachable(String why) {
    return new StoreException(message(why));
  }

  private StoreException unreachable(String why, Throwable cause) {
    return new StoreException(message(why), cause);
  }

  private String message(String why) {
    return "store %s: %s".formatted(address.shown(), why);
  }

  /** What a stage failed with. */
  static Throwable unwrapped(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** What is behind the failure of a stage, or behind a {@link StoreException}. */
  static Throwable cause(Throwable failure) {
    boolean wrapped = failure instanceof CompletionException || failure instanceof StoreException;
    return wrapped && failure.getCause() != null ? failure.getCause() : failure;
  }

  /** True if a node replied, though with an error. */
  static boolean isReply(Throwable cause) {
    return cause instanceof RedisCommandExecutionException;
  }

  /** True if a node replied that another one has the key now. */
  static boolean isMoved(Throwable cause) {
    return isReply(cause) && String.valueOf(cause.getMessage()).startsWith("MOVED");
  }
}
