package dev.larder.redis.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.testkit.EvictionsContract;

class RedisEvictionsTest extends EvictionsContract {
  private final RedisFixture store = new RedisFixture();

  @Override
  protected NamespaceStore opened() {
    return store.shop();
  }

  @Override
  protected void reopen() {
    store.reopen();
  }

  @Override
  protected long logged() {
    String log = new String(new Names(RedisFixture.SHOP).log(), UTF_8);
    return Long.parseLong(RedisFixture.redis().ask("XLEN", log));
  }

  @Override
  protected void close() {
    store.close();
  }
}
