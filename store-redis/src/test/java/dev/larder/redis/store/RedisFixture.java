package dev.larder.redis.store;

import dev.larder.core.Namespace;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.core.spi.StoreProvider.Options;
import dev.larder.redis.client.RedisAddress;
import dev.larder.testkit.OpenStore;
import dev.larder.testkit.RedisProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** One Redis server for all tests of this module, emptied before each, and stores over it. */
final class RedisFixture implements OpenStore {
  static final Namespace SHOP = new Namespace("shop");
  static final Options OPTIONS = new Options(16 << 20, 0, 2_000, 10_000);

  private final List<RedisStore> stores = new ArrayList<>();
  private final Supplier<RedisStore> opening;
  private RedisStore store;

  RedisFixture() {
    this(
        () -> {
          redis().ask("FLUSHALL");
          return opened();
        },
        RedisFixture::opened);
  }

  /**
   * A store over nothing.
   *
   * @param empty opens it
   * @param opening opens another over what it left behind, or beside it
   */
  RedisFixture(Supplier<RedisStore> empty, Supplier<RedisStore> opening) {
    this.opening = opening;
    store = empty.get();
    stores.add(store);
  }

  private static RedisStore opened() {
    return open("redis://" + redis().host());
  }

  static RedisProcess redis() {
    return Shared.REDIS;
  }

  @Override
  public NamespaceStore shop() {
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
    RedisStore another = opening.get();
    stores.add(another);
    return another;
  }

  static RedisStore open(String address) {
    return new RedisStore(RedisAddress.parse(address), OPTIONS);
  }

  @Override
  public void reopen() {
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
