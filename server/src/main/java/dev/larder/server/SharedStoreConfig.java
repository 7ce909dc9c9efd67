package dev.larder.server;

import dev.larder.core.spi.Store;
import dev.larder.core.spi.StoreException;
import dev.larder.core.spi.StoreProvider;
import dev.larder.core.spi.StoreProvider.Options;
import java.util.ServiceLoader;

/**
 * A store that is shared with other servers.
 *
 * @param address where it is
 * @param options what it is told
 */
public record SharedStoreConfig(String address, Options options) {
  /**
   * The store at that address.
   *
   * @throws StoreException if the address names none, or cannot be understood
   */
  Store open() {
    for (StoreProvider provider : ServiceLoader.load(StoreProvider.class)) {
      if (provider.serves(address)) {
        return provider.open(address, options);
      }
    }
    throw new StoreException(
        ("store '%s' is of no known kind; expected an address such as redis://host,"
                + " redis-sentinel://host,host#group or redis-cluster://host,host")
            .formatted(shown()));
  }

  /** The address as it may be shown: without user, password and options. */
  String shown() {
    return StoreProvider.shown(address);
  }
}
