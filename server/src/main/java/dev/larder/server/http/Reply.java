package dev.larder.server.http;

import dev.larder.core.wire.Answer;
import dev.larder.core.wire.Frame;

/**
 * What a conversation says to one request.
 *
 * @param frame the answer
 * @param sent run once the answer has left, or never will
 */
record Reply(Frame frame, Runnable sent) {
  /** An answer that leaves no trace. */
  static Reply of(Frame frame) {
    return new Reply(frame, () -> {});
  }

  /** The bytes of the value in it. */
  int bytes() {
    return switch (frame.message()) {
      case Answer.Fresh fresh -> fresh.entry().value().length;
      case Answer.Stale stale -> stale.entry().value().length;
      default -> 0;
    };
  }
}
