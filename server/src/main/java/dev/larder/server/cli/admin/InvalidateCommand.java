package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code larder invalidate}: invalidates tags and paths, and ends once that is durable. */
@Command(
    name = "invalidate",
    description = {
      "Invalidate tags and paths, as revalidateTag and revalidatePath do.",
      "It ends once no reader is given what was invalidated."
    })
final class InvalidateCommand extends AdminCommand {
  private static final Pattern LASTING = Pattern.compile("([0-9]{1,9})(s|m|h|d)?");

  @Parameters(arity = "0..*", paramLabel = "TAG", description = "Tags.")
  private List<String> tags = List.of();

  @Option(names = "--path", paramLabel = "PATH", description = "A path; several times for several.")
  private List<String> paths = List.of();

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      defaultValue = "",
      description = "Of paths that are patterns of routes: page or layout.")
  private String type = "";

  @Option(
      names = "--expire",
      paramLabel = "WHEN",
      defaultValue = "0",
      description =
          "Serve it stale for so long, such as 60s or 5m, while it is regenerated. Default: not at"
              + " all.")
  private String expire = "";

  @Override
  int run(AdminClient client, Output output) {
    if (tags.isEmpty() && paths.isEmpty()) {
      throw new Failure(Failure.USAGE, "nothing to invalidate; expected tags, or paths by --path");
    }
    var body = new JsonObject().put("expire", seconds());
    if (!tags.isEmpty()) {
      body.put("tags", new JsonArray(tags));
    }
    if (!paths.isEmpty()) {
      body.put("paths", new JsonArray(paths));
    }
    if (!type.isEmpty()) {
      body.put("type", type);
    }
    JsonObject answer = client.post(inNamespace(client) + "invalidate", body);
    output.object(answer);
    output.sentence(
        "invalidated at revision %d%s"
            .formatted(
                answer.getLong("revision"),
                seconds() == 0
                    ? ": no reader is given it any more"
                    : ": it is served stale for %s at most"
                        .formatted(Shown.duration(seconds() * 1000))));
    return 0;
  }

  private long seconds() {
    Matcher parts = LASTING.matcher(expire);
    if (!parts.matches()) {
      throw new Failure(
          Failure.USAGE, "--expire is '%s'; expected such as 60s, 5m, 2h or 1d".formatted(expire));
    }
    long number = Long.parseLong(parts.group(1));
    return switch (parts.group(2)) {
      case "m" -> number * 60;
      case "h" -> number * 3_600;
      case "d" -> number * 86_400;
      case null, default -> number;
    };
  }
}
