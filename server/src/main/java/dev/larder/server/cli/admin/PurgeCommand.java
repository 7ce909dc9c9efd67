package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code larder purge}: invalidates tags, or a key, at once and removes what carries them. It says
 * before what that costs, and asks if it is much.
 */
@Command(
    name = "purge",
    description = {
      "Invalidate tags, or a key, at once, and remove what carries them.",
      "With --dry-run, only say what that would cost."
    })
final class PurgeCommand extends AdminCommand {
  /** More entries than these are not removed unasked. */
  private static final int MANY = 1_000;

  @Parameters(arity = "0..*", paramLabel = "TAG", description = "Tags.")
  private List<String> tags = List.of();

  @Option(
      names = "--key",
      paramLabel = "KEY",
      defaultValue = "",
      description = "A key in hexadecimal, in place of tags.")
  private String key = "";

  @Option(names = "--dry-run", description = "Change nothing; say what would be removed.")
  private boolean dryRun;

  @Option(names = "--yes", description = "Do not ask, however much is removed.")
  private boolean yes;

  @Override
  int run(AdminClient client, Output output) {
    if (tags.isEmpty() == key.isEmpty()) {
      throw new Failure(Failure.USAGE, "expected either tags or --key KEY");
    }
    String path = inNamespace(client) + "purge";
    JsonObject what =
        tags.isEmpty()
            ? new JsonObject().put("key", key)
            : new JsonObject().put("tags", new JsonArray(tags));
    if (dryRun || !yes) {
      JsonObject tried = client.post(path, what.copy().put("dryRun", true));
      if (dryRun) {
        output.object(tried);
        output.sentence(tried.getString("sentence"));
        return 0;
      }
      output.sentence(tried.getString("sentence"));
      boolean many = tried.getLong("entries") > MANY || tried.getBoolean("partial");
      if (many && !agrees("Purge?")) {
        throw new Failure(
            Failure.FAILED,
            "nothing was purged: it is more than %d entries; --yes does it unasked"
                .formatted(MANY));
      }
    }
    JsonObject answer = client.post(path, what);
    output.object(answer);
    output.sentence(
        "purged at revision %d%s"
            .formatted(
                answer.getLong("revision"),
                answer.containsKey("removed")
                    ? "; %s removed, with whatever else nobody could be given"
                        .formatted(Shown.count(answer.getLong("removed"), "entry", "entries"))
                    : "; what is stored goes in the background"));
    return 0;
  }
}
