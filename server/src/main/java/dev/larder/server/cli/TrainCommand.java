package dev.larder.server.cli;

import dev.larder.server.LarderServer;
import dev.larder.server.config.ServerConfig;
import dev.larder.server.process.Umask;
import java.io.IOException;
import java.net.URI;
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
  @Override
  public Integer call() throws IOException {
    Umask.ownerOnly();
    ServeCommand.configureLogging();
    Path data = Files.createTempDirectory("larder-training-");
    try (LarderServer server = LarderServer.start(ServerConfig.of(data).withPort(0))) {
      TrainingRun.over(URI.create("http://127.0.0.1:" + server.port()));
    } finally {
      delete(data);
    }
    return 0;
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
