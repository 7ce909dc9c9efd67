package dev.larder.server.store;

import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.testkit.EvictionsContract;

class EmbeddedEvictionsTest extends EvictionsContract {
  private final StoreFixture store = new StoreFixture();

  @Override
  protected NamespaceStore opened() {
    return store.shop();
  }

  @Override
  protected void reopen() {
    store.reopen();
  }

  @Override
  protected void close() {
    store.close();
  }
}
