package dev.larder.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.client.protocol.Call;
import dev.larder.client.protocol.Conversation;
import dev.larder.client.protocol.Event;
import dev.larder.client.protocol.Fragment;
import dev.larder.client.protocol.History;
import dev.larder.client.protocol.Leases;
import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Identity;
import dev.larder.core.Lookup;
import dev.larder.core.Put;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A client of Larder's protocol that does as little as possible beside it: the conversation of
 * Larder's clients over a blocking socket.
 */
final class LarderClient implements LoadClient {
  /** How long an answer may take, in ms: nobody counts. */
  private static final long EVER = TimeUnit.HOURS.toMillis(1);

  /** What the payload of a client's WebSocket frame is masked with; always the same costs less. */
  private static final byte[] MASK = {0x2a, 0x11, 0x73, 0x5d};

  /** The tags of every entry. */
  private static final TagSet TAGS = TagSet.of("products", "product:42", "brand:7");

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private final History history = new History();
  private final Conversation conversation =
      new Conversation(
          new Request.Hello(Protocol.VERSION, "bench", AsOf.NONE),
          Identity.NONE,
          EVER,
          history,
          new Leases(),
          InstantSource.system());
  private byte[] message = new byte[1 << 16];

  /**
   * A connection to the server at that port, after its handshake.
   *
   * @param port on loopback
   * @param namespace whose entries are read and written
   * @throws IOException when the server does not answer as it should
   */
  LarderClient(int port, String namespace) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 18));
    out = socket.getOutputStream();
    out.write(
        """
        GET /v1/%s/connect HTTP/1.1\r
        Host: localhost\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Key: bGFyZGVyIGJlbmNobWFyaw==\r
        Sec-WebSocket-Version: 13\r
        \r
        """
            .formatted(namespace)
            .getBytes(US_ASCII));
    upgraded();
    send();
    if (!(next() instanceof Event.Opened)) {
      throw new IOException("the server did not say WELCOME");
    }
  }

  @Override
  public long read(int[] keys) throws IOException {
    for (int key : keys) {
      conversation.ask(new Request.Lookup(new Lookup(key(key), TagSet.EMPTY, false, 0)), EVER);
    }
    send();
    long bytes = 0;
    for (Response.Fresh fresh : answers(keys.length, Response.Fresh.class)) {
      bytes += fresh.entry().value().length;
    }
    return bytes;
  }

  @Override
  public void write(int[] keys, byte[][] values) throws IOException {
    var life = new CacheLife(300, 900, CacheLife.NEVER);
    for (int i = 0; i < keys.length; i++) {
      int checksum = CacheEntry.checksum(values[i]);
      conversation.ask(
          new Request.Put(
              new Put(key(keys[i]), history.latest(), 0, TAGS, life, 0, checksum, values[i])),
          EVER);
    }
    send();
    answers(keys.length, Response.Stored.class);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  /**
   * Waits for so many answers of that kind.
   *
   * @throws IOException when one of them is another, or the server closes the connection
   */
  private <T extends Response> List<T> answers(int count, Class<T> expected) throws IOException {
    var answers = new ArrayList<T>(count);
    while (answers.size() < count) {
      Event event = next();
      if (event instanceof Event.Answered(Call _, Response answer) && expected.isInstance(answer)) {
        answers.add(expected.cast(answer));
      } else if (!(event instanceof Event.Pushed)) {
        throw new IOException("not %s but %s".formatted(expected.getSimpleName(), event));
      }
    }
    return answers;
  }

  /** What happens next, as soon as it does. */
  private Event next() throws IOException {
    Optional<Event> event = conversation.event();
    while (event.isEmpty()) {
      conversation.received(receive(), true);
      event = conversation.event();
    }
    return event.orElseThrow();
  }

  /** The key of an entry: the same 40 bytes as {@link RedisClient} uses. */
  private static CacheKey key(int number) {
    return CacheKey.of("benchmark entry %024d".formatted(number).getBytes(UTF_8));
  }

  /** Reads the answer to the upgrade to its end, whatever it says. */
  private void upgraded() throws IOException {
    int newlines = 0;
    while (newlines < 2) {
      int next = in.readUnsignedByte();
      if (next == '\n') {
        newlines++;
      } else if (next != '\r') {
        newlines = 0;
      }
    }
  }

  /** Sends what was asked. */
  private void send() throws IOException {
    boolean first = true;
    for (var part = conversation.outgoing(); part.isPresent(); part = conversation.outgoing()) {
      send(part.orElseThrow(), first);
      first = part.orElseThrow().last();
    }
  }

  /** Sends one WebSocket frame, the first of its message or a later one. */
  private void send(Fragment part, boolean first) throws IOException {
    ByteBuffer payload = part.bytes();
    int length = payload.remaining();
    ByteBuffer frame = ByteBuffer.allocate(length + 14);
    frame.put((byte) ((part.last() ? 0x80 : 0) | (first ? 2 : 0)));
    if (length < 126) {
      frame.put((byte) (0x80 | length));
    } else if (length < 1 << 16) {
      frame.put((byte) (0x80 | 126)).putShort((short) length);
    } else {
      frame.put((byte) (0x80 | 127)).putLong(length);
    }
    frame.put(MASK);
    for (int i = 0; i < length; i++) {
      frame.put((byte) (payload.get() ^ MASK[i & 3]));
    }
    out.write(frame.array(), 0, frame.position());
  }

  /** The next message; it is overwritten by the one after. */
  private ByteBuffer receive() throws IOException {
    int received = 0;
    while (true) {
      int first = in.readUnsignedByte();
      int short7 = in.readUnsignedByte() & 0x7f;
      int length =
          switch (short7) {
            case 126 -> in.readUnsignedShort();
            case 127 -> Math.toIntExact(in.readLong());
            default -> short7;
          };
      if (message.length < received + length) {
        message = Arrays.copyOf(message, received + length);
      }
      in.readFully(message, received, length);
      switch (first & 0xf) {
        case 0, 2 -> received += length;
        case 8 -> throw new IOException("the server closed the connection");
        default -> {
          continue;
        }
      }
      if ((first & 0x80) != 0) {
        return ByteBuffer.wrap(message, 0, received);
      }
    }
  }
}
