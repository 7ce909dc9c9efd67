package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code larder explain}: what the next reader of a path, a key or a tag is given, and why. */
@Command(
    name = "explain",
    description = {
      "Say what the next reader of a path, a key or a tag is given, and why.",
      "What begins with a slash is a path, 8 or more hexadecimal digits are a key or its beginning,"
          + " and anything else is a tag."
    })
final class ExplainCommand extends AdminCommand {
  private static final Pattern KEY = Pattern.compile("[0-9a-f]{8,1024}");

  /** How many keys that begin alike are listed. */
  private static final int ALIKE = 20;

  @Parameters(paramLabel = "PATH|KEY|TAG", description = "What is explained.")
  private String asked = "";

  @Option(
      names = "--as",
      paramLabel = "KIND",
      defaultValue = "",
      description = "What it is, if it looks like something else: path, key or tag.")
  private String kind = "";

  @Override
  int run(AdminClient client, Output output) {
    String namespace = inNamespace(client);
    if (!List.of("", "path", "key", "tag").contains(kind)) {
      throw new Failure(Failure.USAGE, "--as is '%s'; expected path, key or tag".formatted(kind));
    }
    if (asked.isEmpty()) {
      throw new Failure(Failure.USAGE, "nothing to explain; expected a path, a key or a tag");
    }
    String lower = asked.toLowerCase(Locale.ROOT);
    String as =
        !kind.isEmpty()
            ? kind
            : asked.startsWith("/") ? "path" : KEY.matcher(lower).matches() ? "key" : "tag";
    if (as.equals("key")) {
      return key(client, output, namespace, lower);
    }
    shown(client.get(namespace + "explain", Map.of(as, asked)), output);
    return 0;
  }

  /** Of the beginning of a key: the key that begins so, if it is one. */
  private static int key(AdminClient client, Output output, String namespace, String digits) {
    if (!KEY.matcher(digits).matches()) {
      throw new Failure(
          Failure.USAGE, "'%s' is no key; expected 8 or more hexadecimal digits".formatted(digits));
    }
    String whole = digits.substring(0, digits.length() / 2 * 2);
    JsonObject exact = client.get(namespace + "explain", Map.of("key", whole));
    boolean stored =
        !objects(exact, "entries").getFirst().getString("state").equals("missing")
            && whole.equals(digits);
    List<JsonObject> alike =
        stored
            ? List.of()
            : objects(
                    client.get(
                        namespace + "entries",
                        Map.of("sort", "key", "limit", "" + ALIKE, "cursor", "0:" + whole)),
                    "entries")
                .stream()
                .filter(row -> row.getString("key").startsWith(digits))
                .toList();
    if (alike.size() > 1) {
      output.sentence(
          "%s of %s or more begin with %s; name one of them"
              .formatted("keys", alike.size(), digits));
      output.rows(
          alike,
          List.of(
              Output.Column.of("KEY", row -> Shown.member(row, "key")),
              Output.Column.of("LABEL", row -> Shown.member(row, "label"))));
      return Failure.FAILED;
    }
    shown(
        alike.isEmpty()
            ? exact
            : client.get(namespace + "explain", Map.of("key", alike.getFirst().getString("key"))),
        output);
    return 0;
  }

  private static void shown(JsonObject answer, Output output) {
    output.object(answer);
    if (output.json()) {
      return;
    }
    output.sentence(answer.getString("sentence"));
    List<JsonObject> entries = objects(answer, "entries");
    if (answer.containsKey("renderedBy")) {
      output.line(
          "Rendered by %s, as reported %s"
              .formatted(Shown.member(answer, "renderedBy"), Shown.ago(answer, "reportedAt")));
    }
    output.rows(
        entries,
        List.of(
            Output.Column.of("STATE", row -> Shown.member(row, "state")),
            Output.Column.of("KEY", Shown::key),
            Output.Column.of("LABEL", row -> Shown.member(row, "label")),
            Output.Column.of("KIND", row -> Shown.member(row, "kind")),
            Output.Column.of("AGE", ExplainCommand::age),
            Output.Column.of("TAGS", row -> row.containsKey("tags") ? Shown.tags(row) : "–"),
            Output.Column.of("WHY", row -> Shown.member(row, "sentence"))));
    List<JsonObject> marks =
        entries.stream()
            .flatMap(entry ->
                entry.getJsonArray("marks", new JsonArray()).stream()
                    .map(JsonObject.class::cast)
                    .map(mark -> mark.copy().put("key", entry.getString("key"))))
            .toList();
    output.rows(
        marks,
        List.of(
            Output.Column.of("INVALIDATED TAG", row -> Shown.member(row, "tag")),
            Output.Column.of(
                "NAMED BY", row -> row.getBoolean("soft") ? "the reader" : "the entry"),
            Output.Column.number("REVISION", row -> Shown.member(row, "revision")),
            Output.Column.of("EXPIRES", row -> Shown.member(row, "expires")),
            Output.Column.of("KEY", Shown::key)));
    advice(entries, output);
  }

  /** Says what to do, if there is something to do. */
  private static void advice(List<JsonObject> entries, Output output) {
    if (entries.stream().anyMatch(entry -> "forgotten".equals(entry.getString("cause")))) {
      output.line("The ledger has forgotten too much: give the server a larger --ledger-tags.");
    } else if (entries.stream().anyMatch(entry -> "age".equals(entry.getString("cause")))) {
      output.line("What is old by its age lives longer with a larger 'revalidate' or 'expire'.");
    }
  }

  private static String age(JsonObject row) {
    if (!row.containsKey("ageMillis")) {
      return "–";
    }
    JsonObject life = row.getJsonObject("life");
    return "%s of %s / %s"
        .formatted(
            Shown.millis(row, "ageMillis"), seconds(life, "revalidate"), seconds(life, "expire"));
  }

  private static String seconds(JsonObject life, String name) {
    return life.getValue(name) instanceof Number number
        ? Shown.duration(number.longValue() * 1000)
        : Shown.member(life, name);
  }
}
