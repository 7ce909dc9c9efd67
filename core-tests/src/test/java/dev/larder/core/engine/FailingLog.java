package dev.larder.core.engine;

import dev.larder.core.Invalidation;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.StoreException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A log that cannot make anything durable. */
record FailingLog(InvalidationLog log) implements LogOver {
  @Override
  public CompletionStage<Invalidation> append(TagSet tags, long expire) {
    return CompletableFuture.failedStage(new StoreException("the disk is full"));
  }
}
