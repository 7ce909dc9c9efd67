package dev.larder.server.session;

import dev.larder.core.HotKey;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.Message;
import dev.larder.core.wire.Response;

/**
 * What a conversation says to one request.
 *
 * <p>{@code sent} must be run once, whatever becomes of the answer: it gives memory back.
 *
 * @param frame the answer
 * @param bytes about how many it takes, beside a fixed few
 * @param sent run once the answer has left, or never will
 */
public record Reply(Frame frame, int bytes, Runnable sent) {
  private static final int BESIDE_KEY = 8;
  private static final int BESIDE_TAG = 2;
  private static final int BESIDE_TAGS = 24;

  /** An answer that leaves no trace. */
  static Reply of(Frame frame) {
    return new Reply(frame, bytes(frame.message()), () -> {});
  }

  /**
   * About how many bytes a message takes.
   *
   * <p>Only answers that may be large are counted; others take few bytes.
   */
  static int bytes(Message message) {
    return switch (message) {
      case Response.Fresh fresh -> bytes(fresh.entry());
      case Response.Stale stale -> bytes(stale.entry());
      case Response.Refreshed refreshed -> {
        int bytes = 0;
        for (Response.Notification missed : refreshed.missed()) {
          bytes += bytes(missed.tags());
        }
        yield bytes;
      }
      case Response.Keys keys -> {
        int bytes = 0;
        for (HotKey hot : keys.hottest()) {
          bytes += BESIDE_KEY + hot.key().bytes().length;
        }
        yield bytes;
      }
      default -> 0;
    };
  }

  /** True if it grants a lease, which must not be lost. */
  public boolean leads() {
    return frame.message() instanceof Response.Stale stale && stale.lease() != 0;
  }

  private static int bytes(Response.Entry entry) {
    return entry.value().length + bytes(entry.tags());
  }

  private static int bytes(TagSet tags) {
    int bytes = BESIDE_TAGS;
    for (String tag : tags) {
      bytes += BESIDE_TAG + tag.length();
    }
    return bytes;
  }
}
