package dev.larder.server.metrics;

import static java.util.Objects.requireNonNull;

import dev.larder.core.spi.CacheObserver.StoreOperation;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** How long the store took for what it was asked, of all namespaces, and how often it failed. */
final class StoreDurations {
  private final Map<StoreOperation, Durations> durations = new EnumMap<>(StoreOperation.class);
  private final Map<StoreOperation, LongAdder> failures = new EnumMap<>(StoreOperation.class);

  /** Nothing was asked yet. */
  StoreDurations() {
    for (StoreOperation operation : StoreOperation.values()) {
      durations.put(operation, new Durations());
      failures.put(operation, new LongAdder());
    }
  }

  void add(StoreOperation operation, long nanos, boolean failed) {
    of(operation).add(nanos);
    if (failed) {
      failures(operation).increment();
    }
  }

  /** How long an operation took, whether it failed or not. */
  Durations of(StoreOperation operation) {
    return requireNonNull(durations.get(operation));
  }

  LongAdder failures(StoreOperation operation) {
    return requireNonNull(failures.get(operation));
  }
}
