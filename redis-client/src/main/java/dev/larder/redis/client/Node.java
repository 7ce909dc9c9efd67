package dev.larder.redis.client;

import io.lettuce.core.RedisFuture;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;

/**
 * What is known of one node, whatever its connections are: whether it replies, and which of its
 * replies are due.
 *
 * @param circuit opens after failures in a row
 * @param fast deadlines of commands of {@link Traffic#URGENT}
 * @param slow deadlines of all others
 */
record Node(CircuitBreaker circuit, Deadlines fast, Deadlines slow) {
  /**
   * A node nothing is known of.
   *
   * @param timer runs the checks of its deadlines
   * @param timeout how long a fast reply may take, in ms
   */
  static Node unknown(ScheduledExecutorService timer, long timeout) {
    return new Node(
        new CircuitBreaker(System::nanoTime),
        new Deadlines(timer, timeout),
        new Deadlines(timer, timeout * RedisClient.SLOW_FACTOR));
  }

  /** The deadlines of a class of commands. */
  Deadlines deadlines(Traffic traffic) {
    return traffic == Traffic.URGENT ? fast : slow;
  }

  /**
   * Puts a bound on the reply of this node to a command, and records whether it came.
   *
   * @return completes as the reply does; fails with what Lettuce fails with, or with a {@link
   *     java.util.concurrent.TimeoutException}
   */
  <T> CompletableFuture<T> bounded(Deadlines deadlines, RedisFuture<T> sent) {
    CompletableFuture<T> reply = sent.toCompletableFuture();
    deadlines.watch(reply);
    return reply.whenComplete((result, failure) ->
        circuit.record(failure == null || Failures.isReply(Failures.cause(failure))));
  }
}
