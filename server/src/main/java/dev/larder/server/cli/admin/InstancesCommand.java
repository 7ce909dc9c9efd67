package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;

/** {@code larder instances}: the processes that talk to the server, and how far they are behind. */
@Command(
    name = "instances",
    description = "List the processes that talk to the server, and how far they are behind.")
final class InstancesCommand extends AdminCommand {
  @Override
  int run(AdminClient client, Output output) {
    JsonObject answer = client.get(inNamespace(client) + "instances");
    List<JsonObject> rows = objects(answer, "instances");
    long behind = rows.stream().filter(InstancesCommand::isBehind).count();
    long silent = rows.stream().filter(row -> !row.getBoolean("reports")).count();
    output.sentence(
        rows.isEmpty()
            ? "no instance talks to this server"
            : "%s; %s behind revision %d as last reported, %s"
                .formatted(
                    Shown.count(rows.size(), "instance", "instances"),
                    behind == 0 ? "none is" : behind == 1 ? "1 is" : behind + " are",
                    answer.getLong("revision"),
                    silent == 0 ? "all report" : silent + " of them without a report"));
    output.rows(
        rows,
        List.of(
            Output.Column.of("INSTANCE", row -> Shown.member(row, "instance")),
            Output.Column.of("HOST", row -> Shown.member(row, "host")),
            Output.Column.of("PID", row -> Shown.member(row, "pid")),
            Output.Column.of("BUILD", row -> Shown.member(row, "build")),
            Output.Column.of("CLIENT", row -> Shown.member(row, "client")),
            Output.Column.of("FRAMEWORK", row -> Shown.member(row, "framework")),
            Output.Column.of("VIA", row -> Shown.member(row, "via")),
            Output.Column.number(
                "BEHIND", row -> row.getBoolean("reports") ? Shown.member(row, "behind") : "–"),
            Output.Column.number("NEAR HITS", InstancesCommand::nearHits),
            Output.Column.of("HEARD", row -> Shown.ago(row, "heardAt"))));
    return 0;
  }

  /** What has not reported may know everything by now. */
  private static boolean isBehind(JsonObject row) {
    return row.getBoolean("reports") && row.getLong("behind") > 0;
  }

  /** The share of lookups that its near cache served when it last reported. */
  private static String nearHits(JsonObject row) {
    return Optional.ofNullable(row.getJsonObject("lookups"))
        .map(lookups -> Shown.share(lookups, "near"))
        .orElse("does not report");
  }
}
