package dev.larder.client.protocol;

import dev.larder.core.wire.Frame;
import dev.larder.core.wire.FrameWriter;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * What is to be sent: frames, put together to messages. A large frame is a message of its own, and
 * the only one that is sent in fragments: those of a message of several frames are not received.
 */
final class Outbox {
  /** A message is full once it has grown beyond this many bytes. */
  private static final int MESSAGE_BYTES = 1 << 20;

  /** The most bytes of a fragment, and of a frame that travels with others. */
  private static final int FRAGMENT_BYTES = 256 << 10;

  /** What is left of full messages. */
  private final Deque<Message> messages = new ArrayDeque<>();

  private FrameWriter open = new FrameWriter();

  /** A message, or the rest of one. */
  private record Message(ByteBuffer bytes, boolean inFragments) {}

  /** Adds a frame. */
  void add(Frame frame) {
    int before = open.length();
    open.write(frame);
    if (open.length() - before > FRAGMENT_BYTES) {
      ByteBuffer bytes = open.message();
      open = new FrameWriter();
      add(bytes.slice(0, before), false);
      add(bytes.slice(before, bytes.remaining() - before), true);
    } else if (open.length() > MESSAGE_BYTES) {
      close();
    }
  }

  /** The next part to be sent; none if everything was. */
  Optional<Fragment> next() {
    if (messages.isEmpty()) {
      close();
    }
    Message message = messages.peek();
    if (message == null) {
      return Optional.empty();
    }
    ByteBuffer bytes = message.bytes();
    int rest = bytes.remaining();
    int length = message.inFragments() ? Math.min(rest, FRAGMENT_BYTES) : rest;
    ByteBuffer part = bytes.slice(bytes.position(), length);
    bytes.position(bytes.position() + length);
    if (length == rest) {
      messages.remove();
    }
    return Optional.of(new Fragment(part, length == rest));
  }

  /** Sends nothing of what was added. */
  void clear() {
    messages.clear();
    open = new FrameWriter();
  }

  private void close() {
    ByteBuffer bytes = open.message();
    open = new FrameWriter();
    add(bytes, false);
  }

  private void add(ByteBuffer bytes, boolean inFragments) {
    if (bytes.hasRemaining()) {
      messages.add(new Message(bytes, inFragments));
    }
  }
}
