package dev.larder.testkit;

import dev.larder.core.Namespace;
import dev.larder.core.spi.InvalidationLog;
import java.util.Random;

class MemoryLogTest extends InvalidationLogContract {
  private final MemoryStore store = new MemoryStore(new ManualTime(1_000), new Random(1));

  @Override
  protected InvalidationLog log() {
    return reopened();
  }

  @Override
  protected InvalidationLog reopened() {
    return store.open(new Namespace("shop")).toCompletableFuture().join().log();
  }
}
