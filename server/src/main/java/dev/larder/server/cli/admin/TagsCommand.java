package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code larder tags}: the tags that entries carry, or what carries one of them. */
@Command(name = "tags", description = "List the tags that entries carry, or say all of one.")
final class TagsCommand extends AdminCommand {
  @Parameters(arity = "0..1", paramLabel = "TAG", description = "The one to say all of.")
  private @Nullable String tag;

  @Option(names = "--prefix", paramLabel = "PREFIX", description = "Only tags that begin so.")
  private String prefix = "";

  @Option(
      names = "--sort",
      paramLabel = "BY",
      defaultValue = "entries",
      description =
          "By entries, bytes, invalidated, cost (of regenerations in the last 10 to 20 min),"
              + " regenerations or name. Default: ${DEFAULT-VALUE}.")
  private String sort = "";

  @Mixin private final PageOptions page = new PageOptions();

  @Override
  int run(AdminClient client, Output output) {
    String path = inNamespace(client) + "tags";
    return tag == null ? list(client, output, path) : one(client, output, path, tag);
  }

  private int list(AdminClient client, Output output, String path) {
    JsonObject answer =
        client.get(
            path,
            Map.of("prefix", prefix, "sort", sort, "limit", page.limit(), "cursor", page.cursor()));
    List<JsonObject> rows = objects(answer, "tags");
    output.sentence(listed(answer, rows.size(), "tag", "tags", sort));
    output.rows(
        rows,
        List.of(
            Output.Column.of("TAG", row -> Shown.member(row, "tag")),
            Output.Column.number("ENTRIES", row -> Shown.member(row, "entries")),
            Output.Column.number("SIZE", row -> Shown.bytes(row, "bytes")),
            Output.Column.number("REGEN", row -> Shown.member(row, "regenerations")),
            Output.Column.number("COST", row -> Shown.millis(row, "regenerationMillis")),
            Output.Column.of(
                "LAST INVALIDATED",
                row ->
                    last(row)
                        .map(each ->
                            Shown.ago(each, "at")
                                + ", "
                                + Shown.source(each.getJsonObject("source")))
                        .orElse("–"))));
    more(answer, output, "--cursor", "cursor");
    return 0;
  }

  private static Optional<JsonObject> last(JsonObject row) {
    return Optional.ofNullable(row.getJsonObject("lastInvalidation"));
  }

  private static int one(AdminClient client, Output output, String path, String tag) {
    JsonObject answer = client.get(path + "/" + AdminClient.segment(tag));
    output.object(answer);
    output.sentence(answer.getString("sentence") + examined(answer));
    if (!output.json()) {
      output.rows(objects(answer, "invalidations"), InvalidationsCommand.COLUMNS);
    }
    return 0;
  }
}
