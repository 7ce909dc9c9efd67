package dev.larder.server.redisrest;

import dev.larder.core.Namespace;
import dev.larder.redis.engine.Database.Subscription;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import io.vertx.core.http.HttpServerRequest;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Who watches the commands that this server is asked to run, as MONITOR shows them.
 *
 * <p>A line is {@code 1700000000.123456 [0 <address>] "SET" "key" "value"}, as Redis prints it,
 * always of database 0. Commands are shown before they run, and also if they are refused. Only
 * commands of this server are shown, over a shared store, too. Safe for use by many threads.
 */
final class Monitors {
  /** After how many characters a line is cut: a value may be many megabytes. */
  private static final int LINE = 64 << 10;

  private final Map<Namespace, Set<Watcher>> watchers = new ConcurrentHashMap<>();

  /** One who watches; told apart from others by being another object. */
  private static final class Watcher {
    private final Consumer<String> events;

    Watcher(Consumer<String> events) {
      this.events = events;
    }
  }

  /**
   * Shows the commands of a namespace from now on, each as an event.
   *
   * <p>Watching ends when the subscription is closed. The stage is complete at once.
   *
   * @param events called on the thread that asks for the command; must not wait
   */
  CompletionStage<Subscription> watch(Namespace namespace, Consumer<String> events) {
    var watcher = new Watcher(events);
    watchers.compute(
        namespace,
        (name, those) -> {
          Set<Watcher> all = those == null ? ConcurrentHashMap.newKeySet() : those;
          all.add(watcher);
          return all;
        });
    return CompletableFuture.completedStage(() ->
        watchers.computeIfPresent(
            namespace,
            (name, those) -> {
              those.remove(watcher);
              return those.isEmpty() ? null : those;
            }));
  }

  /**
   * Shows commands to those who watch their namespace.
   *
   * <p>Costs next to nothing while nobody watches.
   */
  void saw(Namespace namespace, HttpServerRequest request, List<Command> commands) {
    if (watchers.isEmpty()) {
      return;
    }
    Set<Watcher> those = watchers.getOrDefault(namespace, Set.of());
    if (those.isEmpty()) {
      return;
    }
    for (Command command : commands) {
      String event = Events.data(line(request, command));
      those.forEach(watcher -> watcher.events.accept(event));
    }
  }

  private static String line(HttpServerRequest request, Command command) {
    Instant now = Clock.systemUTC().instant();
    var line =
        new StringBuilder()
            .append("%d.%06d [0 ".formatted(now.getEpochSecond(), now.getNano() / 1000))
            .append(request.remoteAddress())
            .append(']');
    for (Bytes part : command.parts()) {
      line.append(" \"");
      quote(line, part);
      line.append('"');
      if (line.length() > LINE) {
        return line.append(" ...").toString();
      }
    }
    return line.toString();
  }

  /** As Redis quotes: what is no printable ASCII becomes {@code \xNN}. */
  private static void quote(StringBuilder line, Bytes part) {
    for (byte each : part.array()) {
      if (line.length() > LINE) {
        return;
      }
      switch (each) {
        case '"', '\\' -> line.append('\\').append((char) each);
        case '\n' -> line.append("\\n");
        case '\r' -> line.append("\\r");
        case '\t' -> line.append("\\t");
        default -> {
          if (each >= ' ' && each < 127) {
            line.append((char) each);
          } else {
            line.append("\\x%02x".formatted(each & 0xff));
          }
        }
      }
    }
  }
}
