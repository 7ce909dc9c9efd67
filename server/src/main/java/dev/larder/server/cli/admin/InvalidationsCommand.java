package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code larder invalidations}: who invalidated what, and when. */
@Command(name = "invalidations", description = "List who invalidated what and when, latest first.")
final class InvalidationsCommand extends AdminCommand {
  static final List<Output.Column> COLUMNS =
      List.of(
          Output.Column.number("REVISION", row -> Shown.member(row, "revision")),
          Output.Column.of("WHEN", row -> Shown.ago(row, "at")),
          Output.Column.of("EXPIRES", row -> Shown.member(row, "expires")),
          Output.Column.of("BY", row -> Shown.source(row.getJsonObject("source"))),
          Output.Column.of("TAGS", Shown::tags));

  @Option(names = "--tag", paramLabel = "TAG", description = "Only of this tag.")
  private String tag = "";

  @Option(
      names = "--limit",
      paramLabel = "NUMBER",
      defaultValue = "20",
      description = "How many, up to 1000. Default: ${DEFAULT-VALUE}.")
  private String limit = "";

  @Option(
      names = "--before",
      paramLabel = "REVISION",
      description = "Only those before this revision.")
  private String before = "";

  @Override
  int run(AdminClient client, Output output) {
    JsonObject answer =
        client.get(
            inNamespace(client) + "invalidations",
            Map.of("tag", tag, "limit", limit, "before", before));
    List<JsonObject> rows = objects(answer, "invalidations");
    output.sentence(
        rows.isEmpty()
            ? "nothing was invalidated, as far as is remembered"
            : "the latest %s%s"
                .formatted(
                    Shown.count(rows.size(), "invalidation", "invalidations"),
                    tag.isEmpty() ? "" : " of " + tag));
    output.rows(rows, COLUMNS);
    more(answer, output, "--before", "before");
    return 0;
  }
}
