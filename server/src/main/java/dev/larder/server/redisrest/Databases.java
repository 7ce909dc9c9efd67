package dev.larder.server.redisrest;

import dev.larder.core.Namespace;
import dev.larder.redis.engine.Database;
import dev.larder.server.config.ServerConfig;
import dev.larder.server.config.ServerConfig.Embedded;
import dev.larder.server.config.ServerConfig.Shared;
import dev.larder.server.redisrest.shared.SharedDatabases;

/** The databases of all namespaces. */
interface Databases extends AutoCloseable {
  /**
   * The database of a namespace. Its stages fail with a {@link dev.larder.server.http.Refusal} or a
   * {@link dev.larder.core.spi.StoreException} if it cannot be asked.
   *
   * @throws dev.larder.server.http.Refusal if there may not be one more
   */
  Database of(Namespace namespace);

  /** True if replies are copies of what is kept, and take memory of their own. */
  boolean copies();

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
      public void close() {
        databases.close();
      }
    };
  }
}
