package dev.larder.server.cli.admin;

import dev.larder.server.backup.BackupReader;
import dev.larder.server.backup.DamagedBackupException;
import dev.larder.server.process.Umask;
import io.vertx.core.json.JsonObject;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * {@code larder backup}: has a running server send what is no cache, and keeps it. It is looked
 * through while it comes; a file is there once all of it is.
 */
@Command(
    name = "backup",
    description = {
      "Back up a running server: the databases of Redis over HTTP, which are no cache.",
      "Caches are not backed up; what they lose is generated again. 'larder restore' reads it."
    })
final class BackupCommand extends AdminCommand {
  @Parameters(paramLabel = "FILE", description = "Where it goes; - is the output.")
  private String file = "";

  @Override
  int run(AdminClient client, Output output) {
    Umask.ownerOnly();
    try {
      if (file.equals("-")) {
        received(client, new FileOutputStream(FileDescriptor.out));
        return 0;
      }
      BackupReader.Contents contents = kept(client, Path.of(file));
      output.object(
          new JsonObject()
              .put("file", file)
              .put("databases", contents.databases())
              .put("bytes", contents.bytes()));
      output.sentence(
          "backed up %s of %d bytes into %s"
              .formatted(
                  Shown.count(contents.databases(), "database", "databases"),
                  contents.bytes(),
                  file));
      return 0;
    } catch (DamagedBackupException e) {
      throw new Failure(
          Failure.FAILED, "what the server sent is of no use: %s".formatted(e.getMessage()));
    } catch (IOException e) {
      throw new Failure(Failure.FAILED, "the backup was not finished: %s".formatted(e));
    }
  }

  /** Under another name until it is whole; nobody else may read it. */
  private static BackupReader.Contents kept(AdminClient client, Path file) throws IOException {
    Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
    try {
      Files.deleteIfExists(unfinished);
      BackupReader.Contents contents;
      try (OutputStream to =
          Files.newOutputStream(
              unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        contents = received(client, to);
      }
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
      return contents;
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  private static BackupReader.Contents received(AdminClient client, OutputStream to)
      throws IOException {
    try (InputStream backup = client.bytes("v1/backup")) {
      return BackupReader.read(new Copied(backup, to), BackupReader.Target.none());
    }
  }

  /** What is read is written, too. */
  private static final class Copied extends FilterInputStream {
    private final OutputStream to;

    Copied(InputStream from, OutputStream to) {
      super(from);
      this.to = to;
    }

    @Override
    public int read() throws IOException {
      int each = super.read();
      if (each >= 0) {
        to.write(each);
      }
      return each;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
      int read = super.read(bytes, from, length);
      if (read > 0) {
        to.write(bytes, from, read);
      }
      return read;
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }
}
