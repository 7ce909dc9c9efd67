package dev.larder.testkit;

import dev.larder.core.Namespace;
import dev.larder.core.spi.EntryStore;
import java.util.Random;

class MemoryEntriesTest extends CountingEntryStoreContract {
  private final EntryStore entries =
      new MemoryStore(new ManualTime(0), new Random(1))
          .open(new Namespace("shop"))
          .toCompletableFuture()
          .join()
          .entries();

  @Override
  protected EntryStore entries() {
    return entries;
  }
}
