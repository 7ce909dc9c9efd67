package dev.larder.redis.store;

import dev.larder.core.Namespace;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.core.spi.StoreProvider.Options;
import dev.larder.redis.client.RedisAddress;
import dev.larder.testkit.RedisProcess;
import java.util.ArrayList;
import java.util.List;

/** One Redis server for all tests of this module, emptied before each, and stores over it. */
final class RedisFixture implements AutoCloseable {
  static final Namespace SHOP = new Namespace("shop");
  static final Options OPTIONS = new Options(16 << 20, 0, 2_000, 10_000);

  private final List<RedisStore> stores = new ArrayList<>();
  private RedisStore store;

  RedisFixture() {
    redis().ask("FLUSHALL");
    store = another();
  }

  static RedisProcess redis() {
    return Shared.REDIS;
  }

  NamespaceStore shop() {
    return shop(store);
  }

  RedisStore store() {
    return store;
  }

  static NamespaceStore shop(RedisStore store) {
    return store.open(SHOP).toCompletableFuture().join();
  }

  /** The store as another server sees it. */
  RedisStore another() {
    RedisStore another = open("redis://" + redis().host());
    stores.add(another);
    return another;
  }

  static RedisStore open(String address) {
    return new RedisStore(RedisAddress.parse(address), OPTIONS);
  }

  /** Closes the store and opens what it left behind. */
  void reopen() {
    store.close();
    store = another();
  }

  @Override
  public void close() {
    stores.forEach(RedisStore::close);
  }

  private static final class Shared {
    private static final RedisProcess REDIS = RedisProcess.start();

    static {
      Runtime.getRuntime().addShutdownHook(new Thread(REDIS::close));
    }
  }
}
