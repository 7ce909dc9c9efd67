package dev.larder.redis;

import dev.larder.core.spi.Store;
import dev.larder.core.spi.StoreException;
import dev.larder.core.spi.StoreProvider;

/** Opens the store at a {@code redis} address. */
public final class RedisStoreProvider implements StoreProvider {
  /** The provider, for {@link java.util.ServiceLoader}. */
  public RedisStoreProvider() {}

  @Override
  public boolean serves(String address) {
    return RedisAddress.serves(address);
  }

  /**
   * The store at that address.
   *
   * @throws StoreException if the address cannot be understood
   */
  @Override
  public Store open(String address, Options options) {
    return new RedisStore(RedisAddress.parse(address), options);
  }
}
