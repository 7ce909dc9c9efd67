package dev.larder.testkit;

import dev.larder.core.Namespace;
import dev.larder.core.spi.Store.NamespaceStore;
import java.util.Random;

class MemoryEvictionsTest extends EvictionsContract {
  private final MemoryStore store = new MemoryStore(new ManualTime(1_000), new Random(1));

  @Override
  protected NamespaceStore opened() {
    return store.open(new Namespace("shop")).toCompletableFuture().join();
  }

  @Override
  protected void reopen() {}
}
