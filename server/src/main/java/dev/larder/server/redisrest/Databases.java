package dev.larder.server.redisrest;

import dev.larder.core.Namespace;
import dev.larder.redis.engine.Database;
import dev.larder.server.backup.BackupWriter;
import dev.larder.server.config.ServerConfig;
import dev.larder.server.config.ServerConfig.Embedded;
import dev.larder.server.config.ServerConfig.Shared;
import dev.larder.server.http.Refusal;
import dev.larder.server.redisrest.shared.SharedDatabases;
import java.io.IOException;
import java.util.function.Predicate;

/** The databases of all namespaces. */
interface Databases extends AutoCloseable {
  /**
   * The database of a namespace. Its stages fail with a {@link Refusal} or a {@link
   * dev.larder.core.spi.StoreException} if it cannot be asked.
   *
   * @throws Refusal if there may not be one more
   */
  Database of(Namespace namespace);

  /** True if replies are copies of what is kept, and take memory of their own. */
  boolean copies();

  /**
   * Writes those of some namespaces into a backup, also those that nobody has asked for yet.
   * Blocks.
   *
   * @throws Refusal if they are not kept here
   * @throws IOException if one cannot be read, or the backup does not take it
   */
  void backUp(BackupWriter backup, Predicate<Namespace> which) throws IOException;

  /** Closes them all, once they have answered. */
  @Override
  void close();

  /** Those of a server: beside its store, or in the one it shares. */
  static Databases of(ServerConfig config) {
    int most = config.limits().maxNamespaces();
    return switch (config.store()) {
      case Embedded embedded ->
          new EmbeddedDatabases(
              embedded.data().resolve("redis"),
              most,
              config.redis().memoryBytes(),
              config.redis().eviction(),
              config.redis().fsync(),
              EmbeddedDatabases.WAITING);
      case Shared shared -> shared(shared, most);
    };
  }

  private static Databases shared(Shared store, int most) {
    var databases = new SharedDatabases(store.address(), store.options(), most, Format.MOST);
    return new Databases() {
      @Override
      public Database of(Namespace namespace) {
        return databases.of(namespace);
      }

      @Override
      public boolean copies() {
        return true;
      }

      @Override
      public void backUp(BackupWriter backup, Predicate<Namespace> which) {
        throw new Refusal(
            409,
            "not-embedded",
            "this server keeps nothing itself: everything is in the store that it shares, whose own"
                + " backup has it");
      }

      @Override
      public void close() {
        databases.close();
      }
    };
  }
}
