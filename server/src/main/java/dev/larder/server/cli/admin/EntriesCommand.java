package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code larder entries}: what is stored. */
@Command(name = "entries", description = "List what is stored, without values.")
final class EntriesCommand extends AdminCommand {
  @Option(names = "--tag", paramLabel = "TAG", description = "Only what carries this tag.")
  private String tag = "";

  @Option(
      names = "--label",
      paramLabel = "PREFIX",
      description = "Only what is called so: a path, the pattern of a route, a function.")
  private String label = "";

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      description = "Only of this kind: use-cache, page, route, fetch, image or java.")
  private String kind = "";

  @Option(names = "--build", paramLabel = "BUILD", description = "Only what this build made.")
  private String build = "";

  @Option(names = "--state", paramLabel = "STATE", description = "Only fresh, stale or expired.")
  private String state = "";

  @Option(
      names = "--sort",
      paramLabel = "BY",
      defaultValue = "bytes",
      description =
          "By bytes, age, reads (at the server, and in near caches as far as processes report),"
              + " regenerations (in the last 10 to 20 min) or key. Default:"
              + " ${DEFAULT-VALUE}.")
  private String sort = "";

  @Mixin private final PageOptions page = new PageOptions();

  @Override
  int run(AdminClient client, Output output) {
    JsonObject answer =
        client.get(
            inNamespace(client) + "entries",
            Map.of(
                "tag",
                tag,
                "label",
                label,
                "kind",
                kind,
                "build",
                build,
                "state",
                state,
                "sort",
                sort,
                "limit",
                page.limit(),
                "cursor",
                page.cursor()));
    List<JsonObject> rows = objects(answer, "entries");
    output.sentence(listed(answer, rows.size(), "entry", "entries", sort));
    output.rows(
        rows,
        List.of(
            Output.Column.of("STATE", row -> Shown.member(row, "state")),
            Output.Column.of("LABEL", row -> Shown.member(row, "label")),
            Output.Column.of("KIND", row -> Shown.member(row, "kind")),
            Output.Column.number("SIZE", row -> Shown.bytes(row, "bytes")),
            Output.Column.number("AGE", row -> Shown.millis(row, "ageMillis")),
            Output.Column.number("READS/MIN", row -> Shown.member(row, "readsPerMinute")),
            Output.Column.number("REGEN", row -> Shown.member(row, "regenerations")),
            Output.Column.number("USELESS", EntriesCommand::useless),
            Output.Column.number("GENERATED IN", row -> Shown.millis(row, "generationMillis")),
            Output.Column.of("BUILD", row -> Shown.member(row, "build")),
            Output.Column.of("KEY", Shown::key),
            Output.Column.of("TAGS", Shown::tags)));
    more(answer, output, "--cursor", "cursor");
    return 0;
  }

  /** How many of a hundred generations came to what was stored before. */
  private static String useless(JsonObject row) {
    long regenerations = row.getLong("regenerations", 0L);
    return regenerations == 0
        ? "–"
        : "%d %%".formatted(Math.round(100.0 * row.getLong("unchanged", 0L) / regenerations));
  }
}
