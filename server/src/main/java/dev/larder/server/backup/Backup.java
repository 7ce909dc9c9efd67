package dev.larder.server.backup;

import dev.larder.core.Namespace;
import java.io.IOException;
import java.util.function.Predicate;

/** What a server has to back up. */
@FunctionalInterface
public interface Backup {
  /**
   * Writes the databases of some namespaces, each database as it was at one moment. Blocks until
   * that is done; whoever asks the databases meanwhile does not wait for it.
   *
   * @param which namespaces
   * @throws IOException if something cannot be read or written
   */
  void into(BackupWriter backup, Predicate<Namespace> which) throws IOException;
}
