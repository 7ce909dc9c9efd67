package dev.larder.redis.client;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection on which something was written and nothing is read, so that Lettuce opens
 * another one in its place: a firewall or proxy on the way may keep up a connection that leads
 * nowhere. A connection on which nothing was written may stay idle.
 *
 * <p>Used by the event loop of its channel only.
 */
final class ReadTimeout extends ChannelDuplexHandler {
  private static final long NOTHING_WRITTEN = -1;

  private final long timeout;

  /** When the first byte was written since the last one was read, in ns of the system's clock. */
  private long writtenAt = NOTHING_WRITTEN;

  /** Whether a check of {@link #writtenAt} is scheduled: one is, however much is written. */
  private boolean scheduled;

  /**
   * The timeout of one connection.
   *
   * @param timeout how long after a write something must be read, in ms
   */
  ReadTimeout(long timeout) {
    this.timeout = timeout;
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise written) {
    if (writtenAt == NOTHING_WRITTEN) {
      writtenAt = System.nanoTime();
      if (!scheduled) {
        schedule(context, timeout);
      }
    }
    var _ = context.write(message, written);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    writtenAt = NOTHING_WRITTEN;
    context.fireChannelRead(message);
  }

  private void schedule(ChannelHandlerContext context, long millis) {
    scheduled = true;
    var _ =
        context.executor().schedule(() -> closeIfSilent(context), millis, TimeUnit.MILLISECONDS);
  }

  private void closeIfSilent(ChannelHandlerContext context) {
    scheduled = false;
    if (writtenAt == NOTHING_WRITTEN) {
      return;
    }
    long left = timeout - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - writtenAt);
    if (left > 0) {
      schedule(context, left);
    } else {
      var _ = context.close();
    }
  }
}
