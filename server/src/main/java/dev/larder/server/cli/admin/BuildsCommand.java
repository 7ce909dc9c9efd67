package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonObject;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code larder builds}: what each build has stored, who serves it, and how often it hits. */
@Command(
    name = "builds",
    description =
        "List the builds: what each has stored, how many instances serve it, and the share of their"
            + " lookups that were hits.")
final class BuildsCommand extends AdminCommand {
  @Override
  int run(AdminClient client, Output output) {
    JsonObject answer = client.get(inNamespace(client) + "builds");
    List<JsonObject> rows = objects(answer, "builds");
    output.sentence(Shown.count(rows.size(), "build", "builds") + examined(answer));
    output.rows(
        rows,
        List.of(
            Output.Column.of("BUILD", row -> Shown.member(row, "build")),
            Output.Column.number("INSTANCES", row -> Shown.member(row, "instances")),
            Output.Column.number("ENTRIES", row -> Shown.member(row, "entries")),
            Output.Column.number("SIZE", row -> Shown.bytes(row, "bytes")),
            Output.Column.number("HITS", BuildsCommand::hits),
            Output.Column.of("FIRST SEEN", row -> Shown.ago(row, "firstSeen")),
            Output.Column.of("LAST SEEN", row -> Shown.ago(row, "lastSeen"))));
    return 0;
  }

  /** The share of its instances' lookups that they were given something for, as reported. */
  private static String hits(JsonObject row) {
    JsonObject lookups = row.getJsonObject("lookups");
    return lookups == null ? "–" : Shown.share(lookups, "near", "fresh", "stale");
  }
}
