package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What Prometheus finds wrong. {@code LARDER_PROMTOOL} names the program; without it, it is {@code
 * promtool} on the path.
 */
final class Promtool {
  private static final String PROGRAM = System.getenv().getOrDefault("LARDER_PROMTOOL", "promtool");

  private Promtool() {}

  /** A page of metrics, with which nothing must be wrong. */
  static void checkMetrics(String page) throws Exception {
    check(page, "check", "metrics");
  }

  /** A file of alerts, with which nothing must be wrong. */
  static void checkRules(Path rules) throws Exception {
    check("", "check", "rules", rules.toString());
  }

  private static void check(String input, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(PROGRAM));
    command.addAll(List.of(arguments));
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new AssertionError(
          "%s does not run; install the package prometheus, or name a promtool in LARDER_PROMTOOL"
              .formatted(PROGRAM),
          e);
    }
    try (var to = process.getOutputStream()) {
      to.write(input.getBytes(StandardCharsets.UTF_8));
    }
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s: %s", String.join(" ", command), said).isZero();
  }
}
