package dev.larder.redis.client;

/**
 * The classes of commands. Each has a connection of its own to every node, because Redis answers
 * the commands of one connection in their order: a small command does not wait behind a large one.
 */
public enum Traffic {
  /** Small commands that somebody waits for now. Bounded by the timeout of the client. */
  URGENT,

  /**
   * Small writes, which a node may make durable before it replies. Bounded, like {@link #BULK}, by
   * {@value RedisClient#SLOW_FACTOR} times the timeout.
   */
  WRITE,

  /**
   * Writes that wait until replicas have them ({@link RedisClient#runReplicated}). {@code WAIT}
   * blocks its connection, so nothing else uses it.
   */
  REPLICATED,

  /** Commands that carry large values or take long. */
  BULK,

  /** Whole transactions ({@link AnyCommands#transact}), with nothing in between. */
  TRANSACTION
}
