package dev.larder.client.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.wire.Frame;
import dev.larder.core.wire.FrameReader;
import dev.larder.core.wire.FrameReader.Read;
import dev.larder.core.wire.FrameWriter;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The other side of a conversation, which reads what is sent and answers what a test says. */
final class ServerSide {
  private final Conversation conversation;

  ServerSide(Conversation conversation) {
    this.conversation = conversation;
  }

  /** What was sent since this was asked last, by message. */
  List<List<Frame>> messages() {
    var messages = new ArrayList<List<Frame>>();
    var message = new ByteArrayOutputStream();
    for (Optional<Fragment> part = conversation.outgoing();
        part.isPresent();
        part = conversation.outgoing()) {
      ByteBuffer bytes = part.orElseThrow().bytes();
      assertThat(bytes.remaining()).isLessThanOrEqualTo(2 << 20);
      message.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
      if (part.orElseThrow().last()) {
        messages.add(frames(ByteBuffer.wrap(message.toByteArray())));
        message.reset();
      }
    }
    assertThat(message.size()).isZero();
    return messages;
  }

  private static List<Frame> frames(ByteBuffer message) {
    var frames = new ArrayList<Frame>();
    var reader = new FrameReader(message, Integer.MAX_VALUE);
    while (reader.hasNext()) {
      frames.add(((Read.Good) reader.next()).frame());
    }
    return frames;
  }

  /** The requests that were sent since this was asked last. */
  List<Request> requests() {
    return messages().stream()
        .flatMap(List::stream)
        .map(Frame::message)
        .map(Request.class::cast)
        .toList();
  }

  void answers(int id, Response response) {
    conversation.received(new FrameWriter().write(new Frame(id, response)).message(), true);
  }

  /** What has happened since this was asked last. */
  List<Event> events() {
    var events = new ArrayList<Event>();
    for (Optional<Event> event = conversation.event();
        event.isPresent();
        event = conversation.event()) {
      events.add(event.orElseThrow());
    }
    return events;
  }
}
