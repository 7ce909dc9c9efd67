package dev.larder.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;

/**
 * Something that is told over HTTP what was invalidated, and takes it, refuses, or does not answer.
 */
final class FakeCdn implements AutoCloseable {
  private final int port;
  private final List<Told> told = new CopyOnWriteArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile Mood mood = Mood.WELL;
  private volatile HttpServer server;

  /** How it is. */
  enum Mood {
    /** It takes what it is told. */
    WELL,
    /** It has a fault: 500. */
    ILL,
    /** It has been asked too often: 429, and wants two seconds of peace. */
    BUSY,
    /** It takes nothing of that form: 400. */
    DISGUSTED,
    /** It never answers. */
    SILENT
  }

  /**
   * What it was told.
   *
   * @param at in ns
   * @param mood how it was then
   */
  record Told(
      long at,
      Mood mood,
      String method,
      String path,
      String signature,
      String header,
      String body) {}

  FakeCdn() throws IOException {
    server = serve(0);
    port = server.getAddress().getPort();
  }

  String url() {
    return "http://127.0.0.1:" + port + "/hook";
  }

  void is(Mood now) {
    mood = now;
  }

  /** Nobody listens at its address any more. */
  void dies() {
    server.stop(0);
  }

  /** It listens again. */
  void revives() throws IOException {
    server = serve(port);
  }

  /** All it was told. */
  List<Told> told() {
    return List.copyOf(told);
  }

  /** What it was told and took, and has this in it. */
  List<Told> taken(String text) {
    var taken = new ArrayList<>(told);
    taken.removeIf(
        each -> each.mood() != Mood.WELL || !(each.body() + each.header()).contains(text));
    return taken;
  }

  private HttpServer serve(int at) throws IOException {
    HttpServer serving =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 16);
    serving.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    serving.createContext("/", this::answer);
    serving.start();
    return serving;
  }

  private void answer(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
    Mood now = mood;
    told.add(
        new Told(
            System.nanoTime(),
            now,
            exchange.getRequestMethod(),
            exchange.getRequestURI().getPath(),
            String.valueOf(exchange.getRequestHeaders().getFirst("x-larder-signature")),
            String.valueOf(exchange.getRequestHeaders().getFirst("xkey-purge")),
            body));
    switch (now) {
      case WELL -> exchange.sendResponseHeaders(204, -1);
      case ILL -> exchange.sendResponseHeaders(500, -1);
      case DISGUSTED -> exchange.sendResponseHeaders(400, -1);
      case BUSY -> {
        exchange.getResponseHeaders().set("retry-after", "2");
        exchange.sendResponseHeaders(429, -1);
      }
      case SILENT -> {
        try {
          closed.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }
    exchange.close();
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      server.stop(0);
    } catch (UncheckedIOException e) {
      // It was dead before.
    }
  }
}
