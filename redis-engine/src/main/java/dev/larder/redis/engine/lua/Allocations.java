package dev.larder.redis.engine.lua;

import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;

/** How much memory the threads of this JVM allocate, where the JVM counts it. */
final class Allocations {
  private static final com.sun.management.@Nullable ThreadMXBean THREADS = counter();

  private Allocations() {}

  /** Bytes that this thread allocated since it began, or zero if nobody counts them. */
  static long ofThisThread() {
    return THREADS == null ? 0 : Math.max(0, THREADS.getCurrentThreadAllocatedBytes());
  }

  /** The JVM's counter, or null if this JVM has none. */
  private static com.sun.management.@Nullable ThreadMXBean counter() {
    return ManagementFactory.getThreadMXBean() instanceof com.sun.management.ThreadMXBean threads
            && threads.isThreadAllocatedMemorySupported()
        ? threads
        : null;
  }
}
