package dev.larder.core;

import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.StoreException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A log that cannot make anything durable. */
record FailingLog(InvalidationLog log) implements InvalidationLog {
  @Override
  public StoreIdentity identity() {
    return log.identity();
  }

  @Override
  public History follow(Consumer<Invalidation> subscriber) {
    return log.follow(subscriber);
  }

  @Override
  public CompletionStage<Invalidation> append(TagSet tags, long expire) {
    return CompletableFuture.failedStage(new StoreException("the disk is full"));
  }

  @Override
  public CompletionStage<Void> compact(Revision upTo, byte[] snapshot) {
    return log.compact(upTo, snapshot);
  }
}
