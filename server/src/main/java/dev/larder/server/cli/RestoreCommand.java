package dev.larder.server.cli;

import dev.larder.core.spi.StoreException;
import dev.larder.server.backup.BackupReader;
import dev.larder.server.backup.DamagedBackupException;
import dev.larder.server.backup.Restore;
import dev.larder.server.process.Umask;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code larder restore}: makes a data directory of a backup, for a server that is started after.
 */
@Command(
    name = "restore",
    description = {
      "Make a data directory of a backup, for a server that is started afterwards.",
      "Databases of Redis over HTTP are as they were; caches begin anew, under new identities."
    },
    mixinStandardHelpOptions = true)
final class RestoreCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "FILE", description = "What 'larder backup' wrote; - is the input.")
  private Path file = Path.of("");

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = ".larder/data",
      description = "The directory to make, which is missing or empty. Default: ${DEFAULT-VALUE}.")
  private Path data = Path.of("");

  /** A failure is one line on the standard error, and status 1; nothing was made then. */
  @Override
  public Integer call() {
    Umask.ownerOnly();
    try (InputStream backup =
        file.toString().equals("-") ? System.in : Files.newInputStream(file)) {
      BackupReader.Contents contents = Restore.into(backup, data);
      spec.commandLine()
          .getOut()
          .printf(
              "Restored %d database%s of %d bytes into %s; caches begin anew.%n",
              contents.databases(), contents.databases() == 1 ? "" : "s", contents.bytes(), data);
      return 0;
    } catch (DamagedBackupException e) {
      return failed("'%s' cannot be restored: %s".formatted(file, e.getMessage()));
    } catch (NoSuchFileException e) {
      return failed("there is no '%s'".formatted(e.getFile()));
    } catch (StoreException e) {
      return failed(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      return failed("'%s' was not restored: %s".formatted(file, e));
    }
  }

  private int failed(String why) {
    spec.commandLine().getErr().println("larder: " + why);
    return 1;
  }
}
