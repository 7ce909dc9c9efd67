package dev.larder.redis.engine;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * A database that speaks Redis: the embedded one, or a real one behind a connection. A command that
 * fails answers an error; a stage fails only if the database cannot be asked.
 *
 * <p>Implementations may be called by any thread, and by several at once. A stage may be complete
 * when it is returned, and what depends on it then runs in the caller's thread.
 */
public interface Database extends AutoCloseable {
  /**
   * Runs commands in their order, each for itself; answers one reply for each.
   *
   * @param commands which may be from different clients; other commands may run between them
   * @return as many replies as there are commands
   */
  CompletionStage<List<Reply>> execute(List<Command> commands);

  /**
   * Runs commands as MULTI and EXEC do: all of them, with nothing in between.
   *
   * @return an array of one reply for each, or an error if none was run
   */
  CompletionStage<Reply> transact(List<Command> commands);

  /**
   * Listens to channels, and to those that match patterns, until the subscription is closed.
   *
   * @param channels names of channels
   * @param patterns as {@code PSUBSCRIBE} takes them
   * @param listener called for one message after the other, in the order of publication
   * @return a stage that is complete once every message published from then on is heard
   */
  CompletionStage<Subscription> subscribe(
      Set<Bytes> channels, Set<Bytes> patterns, Listener listener);

  /** Frees what it holds: files, connections, threads. Nothing may be asked afterwards. */
  @Override
  void close();

  /** Hears messages. It must return at once, and must not ask the database. */
  @FunctionalInterface
  interface Listener {
    /** Hears a message. */
    void onMessage(Message message);
  }

  /**
   * A message to subscribers.
   *
   * @param pattern the pattern that the channel matched, or no bytes if it was subscribed by name
   * @param channel where it was published
   * @param payload any bytes
   */
  record Message(Bytes pattern, Bytes channel, Bytes payload) {}

  /** Until when somebody listens. */
  interface Subscription extends AutoCloseable {
    /** Ends it; nothing is heard from then on. */
    @Override
    void close();
  }
}
