package dev.larder.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;

/**
 * A client of Redis that does as little as possible: GET and SET in a pipeline, in RESP 2, with
 * values that are read and not looked at.
 */
final class RedisClient implements LoadClient {
  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private byte[] value = new byte[1 << 16];

  /** A connection to the server at that port. */
  RedisClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 18));
    out = socket.getOutputStream();
  }

  @Override
  public long read(int[] keys) throws IOException {
    var commands = new ByteArrayOutputStream();
    for (int key : keys) {
      commands.writeBytes(ascii("*2\r\n$3\r\nGET\r\n$40\r\n%s\r\n".formatted(key(key))));
    }
    commands.writeTo(out);
    long bytes = 0;
    for (int i = 0; i < keys.length; i++) {
      int length = Integer.parseInt(line().substring(1));
      if (length < 0) {
        throw new IOException("nothing stored under " + key(keys[i]));
      }
      if (value.length < length + 2) {
        value = new byte[length + 2];
      }
      in.readFully(value, 0, length + 2);
      bytes += length;
    }
    return bytes;
  }

  @Override
  public void write(int[] keys, byte[][] values) throws IOException {
    var commands = new ByteArrayOutputStream();
    for (int i = 0; i < keys.length; i++) {
      commands.writeBytes(
          ascii(
              "*3\r\n$3\r\nSET\r\n$40\r\n%s\r\n$%d\r\n".formatted(key(keys[i]), values[i].length)));
      commands.writeBytes(values[i]);
      commands.writeBytes(ascii("\r\n"));
    }
    commands.writeTo(out);
    for (int key : keys) {
      String answer = line();
      if (!answer.equals("+OK")) {
        throw new IOException("%s was not stored: %s".formatted(key(key), answer));
      }
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private static String key(int number) {
    return "benchmark entry %024d".formatted(number);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }

  /** The next line of an answer, without its end. */
  private String line() throws IOException {
    var line = new StringBuilder();
    for (int next = in.readUnsignedByte(); next != '\r'; next = in.readUnsignedByte()) {
      line.append((char) next);
    }
    in.readUnsignedByte();
    return line.toString();
  }
}
