package dev.larder.redis.engine.lua;

/**
 * What one run of a script may use: time, and memory that it allocates.
 *
 * <p>It belongs to one state and is used by the thread that runs the script. Two counts bound the
 * memory: what the JVM says the thread has allocated, looked at every 10,000 steps, and what
 * libraries announce before they allocate much at once. Who exceeds it is ended by {@link
 * ScriptKilled}.
 */
final class Budget {
  /** Between two looks at the clock. */
  private static final int STEPS = 10_000;

  private final long nanos;
  private final long bytes;
  private int left;
  private long startedAt;
  private long allocatedBefore;
  private long allocated;

  /**
   * A budget, spent by nobody yet.
   *
   * @param millis for how long a script may run
   * @param bytes how much it may allocate in all, garbage too
   */
  Budget(long millis, long bytes) {
    this.nanos = millis * 1_000_000;
    this.bytes = bytes;
  }

  /** A script begins. */
  void begin() {
    left = STEPS;
    startedAt = System.nanoTime();
    allocatedBefore = allocatedByThread();
    allocated = 0;
  }

  /**
   * One step: an instruction, or an attempt to match.
   *
   * @throws ScriptKilled if one of the bounds is exceeded; looked at every 10,000 steps
   */
  void step() {
    if (--left <= 0) {
      look();
    }
  }

  /**
   * Says that so many bytes are to be allocated at once.
   *
   * @throws ScriptKilled if that is too much; nothing was allocated then
   */
  void allocate(long more) {
    allocated += more;
    if (allocated > bytes) {
      throw new ScriptKilled("it needed more than %d MB of memory".formatted(bytes >> 20));
    }
  }

  /** Compares the clock and the thread's allocations with the bounds. */
  private void look() {
    left = STEPS;
    if (System.nanoTime() - startedAt > nanos) {
      throw new ScriptKilled("it ran for more than %d ms".formatted(nanos / 1_000_000));
    }
    long byThread = allocatedByThread();
    if (byThread - allocatedBefore > bytes) {
      throw new ScriptKilled("it needed more than %d MB of memory".formatted(bytes >> 20));
    }
  }

  /** Bytes that this thread allocated since it began; zero for a thread that is not counted. */
  private static long allocatedByThread() {
    return Allocations.ofThisThread();
  }
}
