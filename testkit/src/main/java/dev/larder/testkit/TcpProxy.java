package dev.larder.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A network between a client and a server on this machine that can be cut: connections break, or
 * stay up and swallow what is sent in one direction or in both.
 *
 * <p>It is for faults that no server shows by itself: a host that vanishes, a firewall that
 * forgets. Each connection has two virtual threads, which end with it.
 */
public final class TcpProxy implements AutoCloseable {
  private final ServerSocket door;
  private final int target;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private volatile boolean refusing;

  private TcpProxy(ServerSocket door, int target) {
    this.door = door;
    this.target = target;
  }

  /**
   * A proxy on a port of its own that passes everything on to {@code port} of this machine, whether
   * somebody listens there yet or not.
   */
  public static TcpProxy to(int port) {
    try {
      var proxy = new TcpProxy(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), port);
      Thread.ofVirtual().start(proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where it listens, without a scheme. */
  public String host() {
    return "127.0.0.1:" + door.getLocalPort();
  }

  /**
   * From now on the connections there are swallow what the client sends. It is not told: its
   * connection looks alive. New connections swallow nothing.
   */
  public void swallowRequests() {
    connections.forEach(connection -> connection.swallowsRequests = true);
  }

  /** From now on the connections there are swallow what the server answers. */
  public void swallowAnswers() {
    connections.forEach(connection -> connection.swallowsAnswers = true);
  }

  /**
   * Breaks all connections; new ones break as well until {@link #mend}, as soon as they are made.
   */
  public void cut() {
    refusing = true;
    connections.forEach(Connection::close);
  }

  /** Lets new connections through; the old ones stay as they are. */
  public void mend() {
    refusing = false;
  }

  /** Breaks all connections, and listens no longer. */
  @Override
  public void close() {
    cut();
    try {
      door.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes connections until it is closed. */
  private void accept() {
    while (!door.isClosed()) {
      try {
        Socket client = door.accept();
        if (refusing) {
          client.close();
        } else {
          new Connection(client, new Socket(InetAddress.getLoopbackAddress(), target)).start();
        }
      } catch (IOException e) {
        // Closed, or the server is not there: the client sees it by its connection.
      }
    }
  }

  /** One connection and its counterpart. */
  private final class Connection {
    private final Socket client;
    private final Socket server;
    private volatile boolean swallowsRequests;
    private volatile boolean swallowsAnswers;

    Connection(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    /** Begins to pass bytes both ways. */
    void start() {
      connections.add(this);
      if (refusing) {
        close();
      }
      Thread.ofVirtual().start(() -> pass(client, server, true));
      Thread.ofVirtual().start(() -> pass(server, client, false));
    }

    /** Passes one way on what comes, or swallows it, until one side ends; then it ends both. */
    private void pass(Socket from, Socket to, boolean requests) {
      byte[] chunk = new byte[16_384];
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
          if (!(requests ? swallowsRequests : swallowsAnswers)) {
            out.write(chunk, 0, read);
          }
        }
      } catch (IOException e) {
        // One side went away.
      }
      close();
    }

    /** Ends both sides; also twice. */
    void close() {
      connections.remove(this);
      try (client;
          server) {
        // Both are closed.
      } catch (IOException e) {
        // There is nothing left to close.
      }
    }
  }
}
