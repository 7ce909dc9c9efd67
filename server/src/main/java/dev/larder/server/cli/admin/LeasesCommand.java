package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code larder leases}: what is generated now, and who waits for it. */
@Command(
    name = "leases",
    description = "List what is generated now and who waits for it, the longest first.")
final class LeasesCommand extends AdminCommand {
  @Option(
      names = "--limit",
      paramLabel = "NUMBER",
      defaultValue = "20",
      description = "How many, up to 1000. Default: ${DEFAULT-VALUE}.")
  private String limit = "";

  @Override
  int run(AdminClient client, Output output) {
    JsonObject answer = client.get(inNamespace(client) + "leases", Map.of("limit", limit));
    List<JsonObject> rows = objects(answer, "leases");
    output.sentence(
        "%s held, %s"
            .formatted(
                Shown.count(answer.getLong("held"), "lease is", "leases are"),
                Shown.count(answer.getLong("waiting"), "lookup waits", "lookups wait")));
    output.rows(
        rows,
        List.of(
            Output.Column.number("HELD FOR", row -> Shown.millis(row, "heldMillis")),
            Output.Column.number("WAITING", row -> Shown.member(row, "waiting")),
            Output.Column.of(
                "HOLDER",
                row -> row.getBoolean("here") ? Shown.member(row, "holder") : "another server's"),
            Output.Column.of("PATH", row -> Shown.member(row, "path")),
            Output.Column.of("KEY", Shown::key)));
    return 0;
  }
}
