package dev.larder.core.engine;

import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A log that does what another one does, except where it says otherwise. */
interface LogOver extends InvalidationLog {
  /** The other one. */
  InvalidationLog log();

  @Override
  default StoreIdentity identity() {
    return log().identity();
  }

  @Override
  default boolean exclusive() {
    return log().exclusive();
  }

  @Override
  default History follow(Consumer<Invalidation> subscriber) {
    return log().follow(subscriber);
  }

  @Override
  default CompletionStage<Invalidation> append(TagSet tags, long expire) {
    return log().append(tags, expire);
  }

  @Override
  default CompletionStage<Void> compact(Revision upTo, byte[] snapshot) {
    return log().compact(upTo, snapshot);
  }
}
