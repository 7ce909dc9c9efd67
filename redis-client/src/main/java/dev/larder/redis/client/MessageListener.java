package dev.larder.redis.client;

import java.util.Optional;

/** Is given what is published. It must not block. */
@FunctionalInterface
public interface MessageListener {
  /**
   * A message.
   *
   * @param pattern the pattern that was subscribed to, if it was one
   * @param channel where it was published
   */
  void onMessage(Optional<byte[]> pattern, byte[] channel, byte[] payload);
}
