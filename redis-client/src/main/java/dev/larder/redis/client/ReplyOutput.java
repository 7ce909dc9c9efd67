package dev.larder.redis.client;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.CommandOutput;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads one reply, of whatever type. An error is a reply like any other, unless it says that the
 * node is not the one to ask now.
 *
 * @param <R> a reply
 */
final class ReplyOutput<R> extends CommandOutput<byte[], byte[], @Nullable R> {
  /** What Lettuce or the client acts upon. */
  private static final Pattern ABOUT_THE_NODE =
      Pattern.compile("(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|READONLY|LOADING) .*");

  private static final byte[] TOO_LARGE = "ERR max response size exceeded".getBytes(US_ASCII);
  private static final byte[] QUEUED = "QUEUED".getBytes(US_ASCII);

  private final Replies<R> replies;
  private final AtomicLong room;
  private final Deque<Frame<R>> open = new ArrayDeque<>();

  /** An array that is being read. */
  private record Frame<R>(int size, List<R> items) {}

  /**
   * The reply to one command.
   *
   * @param replies makes it
   * @param room how many bytes may be read yet; what has no room is replaced by an error
   */
  ReplyOutput(Replies<R> replies, AtomicLong room) {
    super(ByteArrayCodec.INSTANCE, null);
    this.replies = replies;
    this.room = room;
  }

  @Override
  public void set(@Nullable ByteBuffer bytes) {
    add(
        bytes == null
            ? replies.nothing()
            : fits(bytes.remaining()) ? replies.string(copied(bytes)) : tooLarge());
  }

  @Override
  public void set(long value) {
    add(fits(0) ? replies.integer(value) : tooLarge());
  }

  @Override
  public void setError(ByteBuffer bytes) {
    String text = decodeString(bytes.duplicate());
    if (open.isEmpty() && ABOUT_THE_NODE.matcher(text).matches()) {
      super.setError(text);
    } else {
      add(replies.error(copied(bytes)));
    }
  }

  @Override
  public void multi(int size) {
    if (size < 0) {
      add(replies.nothing());
    } else if (size == 0) {
      add(replies.array(List.of()));
    } else {
      open.push(new Frame<>(size, new ArrayList<>(Math.min(size, 1024))));
    }
  }

  /** The reply; the one that Lettuce keeps to itself if there is none. */
  @Override
  public R get() {
    return output == null && !hasError() ? replies.string(QUEUED) : output;
  }

  private boolean fits(int bytes) {
    long left = room.addAndGet(-16L - bytes);
    if (left < 0) {
      room.addAndGet(bytes);
    }
    return left >= 0;
  }

  private R tooLarge() {
    return replies.error(TOO_LARGE);
  }

  private void add(R item) {
    R next = item;
    while (!open.isEmpty()) {
      Frame<R> frame = open.getFirst();
      frame.items().add(next);
      if (frame.items().size() < frame.size()) {
        return;
      }
      open.pop();
      next = replies.array(frame.items());
    }
    output = next;
  }

  private static byte[] copied(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    return copy;
  }
}
