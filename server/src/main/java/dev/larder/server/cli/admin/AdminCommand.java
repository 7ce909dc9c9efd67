package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.Console;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * A command that asks a running server.
 *
 * <p>Exit status: 0 done, 1 failed, 2 asked wrongly, 3 there is no server, 4 the server does not
 * allow it, 5 the server is unhealthy. A failure is one line on the standard error.
 */
abstract class AdminCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private final ServerOptions server = new ServerOptions();

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAME",
      defaultValue = "${env:LARDER_NAMESPACE}",
      description =
          "The namespace; also read from LARDER_NAMESPACE. Without one, the only one there is.")
  private @Nullable String namespace;

  @Option(names = "--json", description = "Print one JSON object a line, for programs.")
  private boolean json;

  /**
   * Asks, and prints the answer.
   *
   * @return the exit status
   * @throws Failure if it cannot be done
   */
  abstract int run(AdminClient client, Output output);

  @Override
  public final Integer call() {
    var output = new Output(spec.commandLine().getOut(), spec.commandLine().getErr(), json);
    try {
      if (server.isTokenSeen()) {
        output.aside(
            "larder: a token in the command line can be seen by whoever lists processes; use"
                + " LARDER_TOKEN or --token-file");
      }
      try (var client = new AdminClient(server.address(), server.token(), server.authority())) {
        return withToken(client, output);
      }
    } catch (Failure e) {
      output.aside("larder: " + e.getMessage());
      return e.status();
    }
  }

  /** Who sits at a terminal and has given no token is asked for it once. */
  private int withToken(AdminClient client, Output output) {
    if (!client.hasToken()) {
      terminal()
          .filter(console -> client.ask("v1").statusCode() == 401)
          .map(console -> console.readPassword("Token for %s: ", client.address()))
          .filter(typed -> typed.length > 0)
          .ifPresent(typed -> client.use(new String(typed)));
    }
    return run(client, output);
  }

  /** True if somebody at a terminal agrees; none is there: false. */
  static boolean agrees(String question) {
    return terminal()
        .map(console -> console.readLine("%s [y/N] ", question))
        .filter(answer -> answer.equals("y") || answer.equals("yes"))
        .isPresent();
  }

  /** Where somebody can be asked, if anywhere. */
  private static Optional<Console> terminal() {
    return Optional.ofNullable(System.console()).filter(Console::isTerminal);
  }

  /**
   * The path of the namespace that was named, or of the only one there is.
   *
   * @throws Failure if there are several, or none
   */
  final String inNamespace(AdminClient client) {
    return "v1/" + AdminClient.segment(namespace(client)) + "/";
  }

  /** The namespace that was named, if one was. */
  final Optional<String> named() {
    return Optional.ofNullable(namespace).filter(name -> !name.isEmpty());
  }

  /** The namespace that was named, or the only one there is. */
  private String namespace(AdminClient client) {
    if (named().isPresent()) {
      return named().orElseThrow();
    }
    JsonArray all = client.get("v1").getJsonArray("namespaces");
    if (all.size() != 1) {
      throw new Failure(
          Failure.USAGE,
          all.isEmpty()
              ? "the server has no namespace yet; the first instance of an app that connects makes one"
              : "the server has %d namespaces (%s); expected one of them, by --namespace or LARDER_NAMESPACE"
                  .formatted(
                      all.size(),
                      String.join(", ", all.stream().limit(10).map(Object::toString).toList())));
    }
    return all.getString(0);
  }

  /** The objects of a member that is an array. */
  static List<JsonObject> objects(JsonObject answer, String member) {
    return answer.getJsonArray(member).stream().map(JsonObject.class::cast).toList();
  }

  /** What is to be said of an answer that does not know everything. */
  static String examined(JsonObject answer) {
    return answer.getBoolean("partial")
        ? " (of the first %s that were looked at: time was up)"
            .formatted(Shown.count(answer.getLong("examined"), "entry", "entries"))
        : "";
  }

  /**
   * How many rows a list has, and by what it is sorted.
   *
   * @param one what one row is
   * @param many what several are
   */
  static String listed(JsonObject answer, int rows, String one, String many, String sort) {
    return rows == 0
        ? "no such %s%s".formatted(many, examined(answer))
        : "%s, by %s%s".formatted(Shown.count(rows, one, many), sort, examined(answer));
  }

  /** Says how to see more of a list, if there is more. */
  static void more(JsonObject answer, Output output, String option, String member) {
    if (answer.containsKey(member) && !output.json()) {
      output.aside("More: %s %s".formatted(option, answer.getValue(member)));
    }
  }
}
