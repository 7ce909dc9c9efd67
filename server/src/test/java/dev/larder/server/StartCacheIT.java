package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The cache that {@code larder train} makes for the JVM, and what does not fit it. */
class StartCacheIT {
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
  private static final Path JAR = Path.of(System.getProperty("larder.jar", ""));
  private static final String OPTIONS = "@jvm.options";

  @TempDir private static Path temporary = Path.of("");
  private static Path cache = Path.of("");

  @BeforeAll
  static void train() throws Exception {
    cache = temporary.resolve("larder.aot");
    Ended trained = run("-XX:AOTCacheOutput=" + cache, "-jar", JAR.toString(), "train");
    assertThat(trained.code()).as(trained.said()).isZero();
  }

  @Test
  void aServerUsesIt() throws Exception {
    // With this mode a JVM that cannot use its cache does not start.
    Ended used = version(cache, JAR, "-XX:AOTMode=on");
    assertThat(used.said()).startsWith("larder ");
    assertThat(used.code()).isZero();
  }

  @Test
  @DisplayName("it has what parses the command line, and nothing of a client")
  void itHasWhatAStartLoads() throws Exception {
    Path loaded = temporary.resolve("loaded");
    version(cache, JAR, "-Xlog:class+load=info:file=" + loaded);
    assertThat(Files.readAllLines(loaded))
        .anyMatch(line -> line.contains("picocli.CommandLine source: shared objects file"))
        .noneMatch(line -> line.contains("java.net.http."))
        .noneMatch(line -> line.contains("dev.larder.client."));
  }

  @Test
  @DisplayName("without it, or with one that is cut off or something else, a start is a start")
  void whatIsNoCacheIsIgnored() throws Exception {
    Path cut = Files.write(temporary.resolve("cut"), firstHalf(cache));
    Path text = Files.writeString(temporary.resolve("text"), "no cache");
    for (Path other : List.of(temporary.resolve("missing"), cut, text)) {
      assertStartsQuietly(version(other, JAR));
    }
  }

  @Test
  void anotherJarsIsIgnored() throws Exception {
    Path rebuilt = Files.copy(JAR, temporary.resolve("rebuilt.jar"));
    assertStartsQuietly(version(cache, rebuilt));
  }

  @Test
  void anotherJvmsIsIgnored() throws Exception {
    assertStartsQuietly(version(cache, JAR, "-XX:-UseCompactObjectHeaders"));
  }

  private static void assertStartsQuietly(Ended start) {
    assertThat(start.said()).startsWith("larder ").hasLineCount(1);
    assertThat(start.code()).isZero();
  }

  private static byte[] firstHalf(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return in.readNBytes((int) (Files.size(file) / 2));
    }
  }

  private static Ended version(Path used, Path jar, String... flags) throws Exception {
    var arguments = new ArrayList<>(List.of(flags));
    arguments.addAll(List.of("-XX:AOTCache=" + used, "-jar", jar.toString(), "--version"));
    return run(arguments.toArray(String[]::new));
  }

  /** A process that ended. */
  private record Ended(int code, String said) {}

  private static Ended run(String... arguments) throws Exception {
    var command = new ArrayList<>(List.of(JAVA.toString(), OPTIONS));
    command.add("-Djava.io.tmpdir=" + temporary);
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), said);
  }
}
