package dev.larder.redis.store;

import dev.larder.core.spi.Store;
import dev.larder.core.spi.StoreException;
import dev.larder.core.spi.StoreProvider;
import dev.larder.redis.client.RedisAddress;

/**
 * Opens the store at an address of Redis or Valkey, such as {@code redis://host}; {@link
 * RedisAddress} has all forms.
 */
public final class RedisStoreProvider implements StoreProvider {
  /** The provider, for {@link java.util.ServiceLoader}. */
  public RedisStoreProvider() {}

  @Override
  public boolean serves(String address) {
    return RedisAddress.serves(address);
  }

  /**
   * The store at that address. It connects in the background.
   *
   * @throws StoreException if the address cannot be understood
   */
  @Override
  public Store open(String address, Options options) {
    return new RedisStore(RedisAddress.parse(address), options);
  }
}
