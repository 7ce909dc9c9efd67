package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code larder events}: what happened at a server, and what happens. A connection that breaks is
 * opened again where it ended; what the server has forgotten meanwhile it tells as a gap.
 */
@Command(
    name = "events",
    description = {
      "Print what happened at a server, as far as it remembers; with --follow, what happens.",
      "A connection that breaks is opened again where it ended."
    })
final class EventsCommand extends AdminCommand {
  /** After how many s a connection is opened again. */
  private static final int AGAIN_AFTER = 2;

  /** What is remembered is sent at once: after as many ms without more that was all. */
  private static final long SILENCE = 1_000;

  /** The longest that is waited for, in ms, at a server at which something always happens. */
  private static final long LONGEST = 10_000;

  private static final String DATA = "data:";

  /** The kind of what says that not all is remembered. */
  private static final String GAP = "gap";

  /** In place of a line: the connection has ended. */
  private static final String END = "\n";

  @Option(
      names = {"-f", "--follow"},
      description = "Print what happens from now on, until Ctrl-C.")
  private boolean follow;

  @Option(
      names = "--since",
      paramLabel = "NUMBER",
      defaultValue = "",
      description = "What came after this event; 0 is before all that are remembered.")
  private String since = "";

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      description = "Only of this kind, such as invalidation or lease-expired; several times.")
  private List<String> kinds = List.of();

  @Override
  int run(AdminClient client, Output output) {
    String last = since.isEmpty() && !follow ? "0" : since;
    while (true) {
      last = listen(client, output, last);
      if (!follow) {
        return 0;
      }
      last = last.isEmpty() ? "0" : last;
      output.aside("larder: the connection has ended; it is opened again");
      awaitServer(client);
    }
  }

  /**
   * Prints events until the connection ends, or nothing more is remembered.
   *
   * @return the number of the last one
   */
  private String listen(AdminClient client, Output output, String from) {
    var parameters = new HashMap<String, String>(Map.of("since", from));
    named().ifPresent(name -> parameters.put("namespace", name));
    BlockingQueue<String> arrived = new LinkedBlockingQueue<>(1024);
    try (Stream<String> lines = client.lines("v1/events", parameters)) {
      Thread.ofVirtual().start(() -> receive(lines, arrived));
      String last = from;
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LONGEST);
      while (true) {
        boolean late = !follow && System.nanoTime() > end;
        Optional<String> line = late ? Optional.empty() : next(arrived);
        if (line.isEmpty() || line.orElseThrow().equals(END)) {
          return last;
        }
        if (line.orElseThrow().startsWith(DATA)) {
          var event = new JsonObject(line.orElseThrow().substring(DATA.length()));
          last = event.containsKey("number") ? "" + event.getLong("number") : last;
          show(event, output);
        }
      }
    }
  }

  /** The next line; none if nothing more is to be expected. */
  private Optional<String> next(BlockingQueue<String> arrived) {
    try {
      return follow
          ? Optional.of(arrived.take())
          : Optional.ofNullable(arrived.poll(SILENCE, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure(Failure.FAILED, "interrupted");
    }
  }

  private static void receive(Stream<String> lines, BlockingQueue<String> arrived) {
    try {
      try {
        for (String line : (Iterable<String>) lines::iterator) {
          arrived.put(line);
        }
      } catch (RuntimeException e) {
        // The connection broke, which is its end.
      }
      arrived.put(END);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void show(JsonObject event, Output output) {
    if (event.getString("kind").equals(GAP)) {
      output.object(event);
      output.line("(%s)".formatted(event.getString("sentence")));
      return;
    }
    if (!kinds.isEmpty() && !kinds.contains(event.getString("kind"))) {
      return;
    }
    output.object(event);
    output.line(
        "%s  %-17s  %s%s"
            .formatted(
                event.getString("at"),
                event.getString("kind"),
                event.containsKey("namespace") ? event.getString("namespace") + ": " : "",
                event.getString("sentence")));
  }

  /** Waits until the server answers again, however long that is. */
  private static void awaitServer(AdminClient client) {
    boolean there = false;
    while (!there) {
      try {
        TimeUnit.SECONDS.sleep(AGAIN_AFTER);
        there = client.ask("healthz").statusCode() == 200;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Failure(Failure.FAILED, "interrupted");
      } catch (Failure e) {
        there = false;
      }
    }
  }
}
