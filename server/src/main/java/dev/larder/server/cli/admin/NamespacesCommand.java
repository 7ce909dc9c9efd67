package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonObject;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code larder namespaces}: which there are, and what each holds. */
@Command(name = "namespaces", description = "List the namespaces, and what each holds.")
final class NamespacesCommand extends AdminCommand {
  @Override
  int run(AdminClient client, Output output) {
    List<String> names =
        client.get("v1").getJsonArray("namespaces").stream().map(Object::toString).toList();
    List<JsonObject> rows =
        names.stream().map(name -> client.get("v1/" + AdminClient.segment(name))).toList();
    output.sentence(
        "%s at %s"
            .formatted(Shown.count(rows.size(), "namespace", "namespaces"), client.address()));
    output.rows(
        rows,
        List.of(
            Output.Column.of("NAMESPACE", row -> Shown.member(row, "namespace")),
            Output.Column.number("ENTRIES", row -> Shown.member(row, "entries")),
            Output.Column.number("SIZE", row -> Shown.bytes(row, "bytes")),
            Output.Column.number("REVISION", row -> Shown.member(row, "revision")),
            Output.Column.number("TAGS INVALIDATED", row -> Shown.member(row, "tags")),
            Output.Column.number("LEASES", row -> Shown.member(row, "leases")),
            Output.Column.number("WAITING", row -> Shown.member(row, "waiting"))));
    return 0;
  }
}
