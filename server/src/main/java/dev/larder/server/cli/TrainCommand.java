package dev.larder.server.cli;

import dev.larder.server.LarderServer;
import dev.larder.server.config.ServerConfig;
import dev.larder.server.process.Umask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/**
 * {@code larder train}: starts a server over nothing, uses it a little and stops it. A JVM with
 * -XX:AOTCacheOutput records while it watches this.
 *
 * <p>It is hidden from the help: an image is built with it. Its directory is a temporary one and is
 * removed. Exit status 1 if the server does not answer as it should.
 */
@Command(
    name = "train",
    hidden = true,
    description = {
      "Start a server over a temporary directory, use it a little and stop it.",
      "Under java -XX:AOTCacheOutput=FILE this makes a cache for java -XX:AOTCache=FILE, with which"
          + " the same JVM starts the same jar faster."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class TrainCommand implements Callable<Integer> {
  /** Not the class itself: what it refers to would be recorded, too. */
  private static final String CLIENT = "dev.larder.server.cli.TrainingRun";

  @Override
  public Integer call() throws IOException {
    Umask.ownerOnly();
    ServeCommand.configureLogging();
    Path data = Files.createTempDirectory("larder-training-");
    // Only so that it is recorded: what it says is the environment's, too.
    var _ = ServeCommand.configured("--port", "0", "--data", data.toString());
    try (LarderServer server = LarderServer.start(ServerConfig.of(data).withPort(0))) {
      return use("http://127.0.0.1:" + server.port());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    } finally {
      delete(data);
    }
  }

  /** Has another JVM be the client, whose classes this one is not to record; its exit status. */
  private static int use(String server) throws IOException, InterruptedException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classes = System.getProperty("java.class.path");
    return new ProcessBuilder(java, "-cp", classes, CLIENT, server).inheritIO().start().waitFor();
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.deleteIfExists(file);
      }
    }
  }
}
