package dev.larder.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.AsOf;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.FrameWriter;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.Request;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A client that does what no honest one would: it decides byte by byte what it sends, and whether
 * it reads.
 */
final class RawClient implements AutoCloseable {
  private static final Pattern LENGTH =
      Pattern.compile("content-length: (\\d+)", Pattern.CASE_INSENSITIVE);

  private final Socket socket = new Socket();
  private final OutputStream out;
  private final InputStream in;

  /** Whether the connection was seen closed. */
  private boolean ended;

  /** A connection on which nothing was sent. */
  RawClient(URI server) throws IOException {
    socket.setReceiveBufferSize(64 << 10);
    socket.setSoTimeout(20_000);
    socket.connect(new InetSocketAddress(server.getHost(), server.getPort()), 20_000);
    out = socket.getOutputStream();
    in = socket.getInputStream();
  }

  /** A WebSocket after its handshake, the one of the protocol too, whose answer was not read. */
  static RawClient connected(URI server, String namespace) throws IOException {
    var client = new RawClient(server);
    client.text(
        """
        GET /v1/%s/connect HTTP/1.1\r
        Host: localhost\r
        Connection: Upgrade\r
        Upgrade: websocket\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        \r
        """
            .formatted(namespace));
    String head = client.head();
    if (!head.startsWith("HTTP/1.1 101 ")) {
      throw new IOException(head);
    }
    client.message(bytes(1, new Request.Hello(Protocol.VERSION, "raw", AsOf.NONE)));
    return client;
  }

  /** One frame of the protocol. */
  static byte[] bytes(int id, Request request) {
    ByteBuffer message = new FrameWriter().write(new Frame(id, request)).message();
    byte[] bytes = new byte[message.remaining()];
    message.get(bytes);
    return bytes;
  }

  /** Sends text as it is. */
  void text(String text) throws IOException {
    send(text.getBytes(UTF_8));
  }

  /** Sends bytes as they are. */
  void send(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  /** Sends one whole message. */
  void message(byte[] payload) throws IOException {
    send(frame(0x82, payload, payload.length));
  }

  /** A WebSocket frame that announces {@code announced} bytes, and holds what there is. */
  static byte[] frame(int first, byte[] payload, long announced) {
    ByteBuffer frame = ByteBuffer.allocate(payload.length + 14);
    frame.put((byte) first);
    if (announced < 126) {
      frame.put((byte) (0x80 | announced));
    } else if (announced < 1 << 16) {
      frame.put((byte) (0x80 | 126)).putShort((short) announced);
    } else {
      frame.put((byte) (0x80 | 127)).putLong(announced);
    }
    frame.putInt(0).put(payload).flip();
    byte[] bytes = new byte[frame.remaining()];
    frame.get(bytes);
    return bytes;
  }

  /** Reads up to the end of a head. */
  String head() throws IOException {
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("closed after '%s'".formatted(head));
      }
      head.append(new String(new byte[] {(byte) next}, US_ASCII));
    }
    return head.toString();
  }

  /** Reads one answer: its head, and a body whose length it tells. */
  String answer() throws IOException {
    String head = head();
    Matcher length = LENGTH.matcher(head);
    return length.find()
        ? head + new String(in.readNBytes(Integer.parseInt(length.group(1))), UTF_8)
        : head;
  }

  /** Reads at most so many bytes; the number read, negative at the end. */
  int read(byte[] into) throws IOException {
    return in.read(into);
  }

  /**
   * False once the server has closed the connection, which it then stays. What it was sent is not
   * kept.
   */
  boolean open() throws IOException {
    if (ended) {
      return false;
    }
    socket.setSoTimeout(1);
    try {
      ended = in.read(new byte[4096]) < 0;
    } catch (SocketTimeoutException e) {
      return true;
    } catch (IOException e) {
      ended = true;
    }
    return !ended;
  }

  /** Reads until the server closes the connection, as it must. */
  String rest() throws IOException {
    return new String(in.readAllBytes(), UTF_8);
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
