package dev.larder.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.logging.LogManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What is no value of an option is refused before anything begins. */
class ServeOptionsTest {
  private static final int USAGE = 2;

  /** What a command line logs, and how, is for its process. */
  @AfterEach
  void restoreLogging() throws Exception {
    LogManager.getLogManager().readConfiguration();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          --fsync           | sometimes | expected 'always' or 'never'
          --redis-fsync     | sometimes | expected 'always', 'everysec' or 'no'
          --redis-scripts   | some      | expected 'all', 'known' or 'off'
          --redis-eviction  | lru       | expected 'noeviction', 'volatile-lru' or 'allkeys-lru'
          --redis-memory    | -1        | expected
          --redis-memory    | much      | 'much' is not an int
          --redis-max-request | 0       | expected
          --redis-max-request | 513     | expected
          --redis-timeout   | 9         | expected
          --redis-wait-replicas | 101   | expected
          --port            | 65536     | expected
          --lease           | 0         | expected
          --heartbeat       | 99        | expected
          --early-refresh   | 0.51      | expected a share from 0 to 0.5
          --early-refresh   | soon      | 'soon' is not a double
          --keep-builds     | 59        | expected 60 to 31536000 seconds, or 'forever'
          --keep-builds     | never     | expected 60 to 31536000 seconds, or 'forever'
          --disk            | 15        | expected
          --max-value       | 1025      | expected
          --max-namespaces  | 0         | expected
          --ledger-tags     | 1         | expected
          """)
  void whatIsNoValueIsRefusedByName(String option, String value, String expected) {
    var said = new StringWriter();
    var line = new CommandLine(new ServeCommand()).setErr(new PrintWriter(said, true));
    assertThat(line.execute(option, value)).isEqualTo(USAGE);
    String refusal = said.toString().strip().lines().findFirst().orElse("");
    assertThat(refusal).contains(option, value, expected);
  }

  @ParameterizedTest
  @CsvSource({"60, 60", "86400, 86400", "forever, "})
  void whatABuildLeavesIsKeptForSecondsOrForever(String value, @Nullable Long seconds) {
    assertThat(ServeCommand.configured("--keep-builds", value).limits().keepBuilds())
        .isEqualTo(Optional.ofNullable(seconds).map(Duration::ofSeconds));
  }
}
