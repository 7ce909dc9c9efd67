package dev.larder.redis.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Numbers;
import dev.larder.redis.engine.resp.Reply;
import dev.larder.testkit.RedisProcess;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** A real Redis, asked what is right. */
final class RealRedis implements AutoCloseable {
  private final RedisProcess process = RedisProcess.start("--io-threads", "1", "--hz", "10");
  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;

  RealRedis() {
    try {
      socket = new Socket(InetAddress.getLoopbackAddress(), process.port());
      socket.setTcpNoDelay(true);
      in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
      out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Reply ask(Command command) {
    return ask(List.of(command)).getFirst();
  }

  /** Sends commands together and returns their replies. */
  List<Reply> ask(List<Command> commands) {
    try {
      for (Command command : commands) {
        line('*', command.parts().length);
        for (Bytes part : command.parts()) {
          line('$', part.length());
          out.write(part.array());
          out.write('\r');
          out.write('\n');
        }
      }
      out.flush();
      var replies = new ArrayList<Reply>(commands.size());
      for (int i = 0; i < commands.size(); i++) {
        replies.add(read());
      }
      return replies;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      process.close();
    }
  }

  private void line(char type, int number) throws IOException {
    out.write((type + Integer.toString(number) + "\r\n").getBytes(ISO_8859_1));
  }

  private Reply read() throws IOException {
    int type = in.read();
    Bytes line = line();
    return switch (type) {
      case '+' -> new Reply.SimpleString(line);
      case '-' -> new Reply.SimpleError(line);
      case ':' -> new Reply.Int(Numbers.integer(line).orElseThrow());
      case '$' -> {
        int length = (int) Numbers.integer(line).orElseThrow();
        if (length < 0) {
          yield Reply.NIL;
        }
        byte[] value = in.readNBytes(length);
        in.skipNBytes(2);
        yield Reply.of(Bytes.wrap(value));
      }
      case '*' -> {
        int size = (int) Numbers.integer(line).orElseThrow();
        if (size < 0) {
          yield Reply.NIL_ARRAY;
        }
        var items = new ArrayList<Reply>(size);
        for (int i = 0; i < size; i++) {
          items.add(read());
        }
        yield Reply.of(items);
      }
      default -> throw new EOFException("a reply of type '%c'".formatted(type));
    };
  }

  private Bytes line() throws IOException {
    var line = new ByteArrayOutputStream();
    int b = in.read();
    while (b != '\r') {
      if (b < 0) {
        throw new EOFException("Redis hung up");
      }
      line.write(b);
      b = in.read();
    }
    in.skipNBytes(1);
    return Bytes.wrap(line.toByteArray());
  }
}
