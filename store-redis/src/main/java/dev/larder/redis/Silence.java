package dev.larder.redis;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection on which something was sent and nothing comes back, so that another one is
 * opened in its place: what is between here and the store may keep up a connection that leads
 * nowhere.
 */
final class Silence extends ChannelDuplexHandler {
  private static final long NOTHING_SENT = -1;

  private final long longest;
  private long sentAt = NOTHING_SENT;

  /** Whether a look at {@link #sentAt} is due: one is, however much is sent. */
  private boolean watching;

  /**
   * A watch over one connection.
   *
   * @param longest how long it may be silent, in ms
   */
  Silence(long longest) {
    this.longest = longest;
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise written) {
    if (sentAt == NOTHING_SENT) {
      sentAt = StoreClock.now();
      if (!watching) {
        watch(context, longest);
      }
    }
    var _ = context.write(message, written);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    sentAt = NOTHING_SENT;
    context.fireChannelRead(message);
  }

  private void watch(ChannelHandlerContext context, long millis) {
    watching = true;
    var _ =
        context.executor().schedule(() -> closeIfSilent(context), millis, TimeUnit.MILLISECONDS);
  }

  private void closeIfSilent(ChannelHandlerContext context) {
    watching = false;
    if (sentAt == NOTHING_SENT) {
      return;
    }
    long left = longest - TimeUnit.NANOSECONDS.toMillis(StoreClock.now() - sentAt);
    if (left > 0) {
      watch(context, left);
    } else {
      var _ = context.close();
    }
  }
}
