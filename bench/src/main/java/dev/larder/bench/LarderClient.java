package dev.larder.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Lookup;
import dev.larder.core.Put;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.FrameReader;
import dev.larder.core.wire.FrameWriter;
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
import java.util.Arrays;

/**
 * A client of Larder's protocol that does as little as possible beside it: a blocking socket, and
 * answers that are looked at but not taken apart.
 */
final class LarderClient implements LoadClient {
  /** Bytes of a frame of the server, at most. */
  private static final int LIMIT = 1 << 30;

  /** The operations of docs/protocol.md that are looked for. */
  private static final int FRESH = 0x82;

  /** The answer to a put that was stored. */
  private static final int STORED = 0x85;

  /** What the payload of a client's WebSocket frame is masked with; always the same costs less. */
  private static final byte[] MASK = {0x2a, 0x11, 0x73, 0x5d};

  /** What goes into one WebSocket frame: several protocol frames may not come in fragments. */
  private static final int FRAGMENT = 3 << 19;

  /** The tags of every entry. */
  private static final TagSet TAGS = TagSet.of("products", "product:42", "brand:7");

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private final AsOf asOf;
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
    send(
        new FrameWriter()
            .write(new Frame(1, new Request.Hello(Protocol.VERSION, "bench", AsOf.NONE)))
            .message());
    var reader = new FrameReader(receive(), LIMIT);
    if (!(reader.next() instanceof FrameReader.Read.Good(Frame(int _, Response.Welcome welcome)))) {
      throw new IOException("the server did not say WELCOME");
    }
    asOf = welcome.asOf();
  }

  @Override
  public long read(int[] keys) throws IOException {
    var frames = new FrameWriter();
    for (int i = 0; i < keys.length; i++) {
      frames.write(
          new Frame(i + 1, new Request.Lookup(new Lookup(key(keys[i]), TagSet.EMPTY, false, 0))));
    }
    send(frames.message());
    return answers(keys.length, FRESH);
  }

  @Override
  public void write(int[] keys, byte[][] values) throws IOException {
    var frames = new FrameWriter();
    for (int i = 0; i < keys.length; i++) {
      var life = new CacheLife(300, 900, CacheLife.NEVER);
      int checksum = CacheEntry.checksum(values[i]);
      frames.write(
          new Frame(
              i + 1,
              new Request.Put(new Put(key(keys[i]), asOf, 0, TAGS, life, 0, checksum, values[i]))));
    }
    send(frames.message());
    answers(keys.length, STORED);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  /**
   * Waits for so many answers of that operation.
   *
   * @return the bytes of their frames
   * @throws IOException when one of them is another
   */
  private long answers(int count, int operation) throws IOException {
    long bytes = 0;
    for (int left = count; left > 0; ) {
      ByteBuffer answers = receive();
      while (answers.hasRemaining()) {
        int length = answers.getInt();
        int told = answers.get(answers.position()) & 0xff;
        if (told != operation) {
          throw new IOException("answer 0x%02x; expected 0x%02x".formatted(told, operation));
        }
        answers.position(answers.position() + length);
        bytes += length;
        left--;
      }
    }
    return bytes;
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

  /** Sends frames as one message, in fragments where it is large. */
  private void send(ByteBuffer payload) throws IOException {
    boolean first = true;
    while (first || payload.hasRemaining()) {
      int length = Math.min(FRAGMENT, payload.remaining());
      boolean last = length == payload.remaining();
      ByteBuffer frame = ByteBuffer.allocate(length + 14);
      frame.put((byte) ((last ? 0x80 : 0) | (first ? 2 : 0)));
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
      first = false;
    }
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
