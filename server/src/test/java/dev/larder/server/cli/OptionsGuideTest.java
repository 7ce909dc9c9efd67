package dev.larder.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The guide's page of options lists those there are, with the defaults they have. */
class OptionsGuideTest {
  private static final Path PAGE = Path.of("../docs/guide/options.md");
  private static final Pattern ROW = Pattern.compile("\\| `(--[a-z-]+)[^`]*` \\| ([^|]*) \\|.*");

  /** Defaults that are no text of the command line, as the page says them. */
  private static final Map<String, String> IN_WORDS =
      Map.ofEntries(
          Map.entry("--memory", "a quarter of the heap"),
          Map.entry("--max-value", "32, or a sixteenth of the heap if that is less"),
          Map.entry("--insecure-no-token", "–"),
          Map.entry("--store", "–"),
          Map.entry("--store-file", "–"),
          Map.entry("--token", "–"),
          Map.entry("--token-file", "–"),
          Map.entry("--redis-read-token-file", "–"),
          Map.entry("--public-host", "–"),
          Map.entry("--forward", "–"),
          Map.entry("--redis-read-token", "–"),
          Map.entry("--redis-memory", "an eighth of the heap"),
          Map.entry("--otlp", "–"),
          Map.entry("--tokens", "–"),
          Map.entry("--tls-cert", "–"),
          Map.entry("--tls-key", "–"),
          Map.entry("--tls-client-ca", "–"));

  @Test
  void thePageSaysWhatTheCommandLineTakes() throws IOException {
    assertThat(onThePage()).isEqualTo(taken());
  }

  private static Map<String, String> onThePage() throws IOException {
    var rows = new TreeMap<String, String>();
    for (String line : Files.readAllLines(PAGE)) {
      var row = ROW.matcher(line);
      if (row.matches()) {
        rows.put(row.group(1), row.group(2).replace("`", ""));
      }
    }
    return rows;
  }

  private static Map<String, String> taken() {
    var options = new TreeMap<String, String>();
    for (OptionSpec option : new CommandLine(new ServeCommand()).getCommandSpec().options()) {
      if (!option.usageHelp() && !option.versionHelp()) {
        String name = option.longestName();
        options.put(name, IN_WORDS.getOrDefault(name, option.defaultValue()));
      }
    }
    return options;
  }
}
