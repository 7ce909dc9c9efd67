package dev.larder.redis.engine;

import dev.larder.redis.engine.data.Eviction;
import dev.larder.redis.engine.spi.Journal;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/**
 * Builds an {@link Engine}: without a journal, with all the memory there is, if nothing is said.
 *
 * <p>It is used by one thread. A journal belongs to the engine that it builds, which closes it.
 */
public final class EngineBuilder {
  InstantSource clock = InstantSource.system();
  RandomGenerator random = RandomGenerator.getDefault();
  Journal journal = Journal.NONE;
  Eviction eviction = Eviction.NONE;
  MemoryBudget memory = new MemoryBudget(Long.MAX_VALUE);

  long scriptMillis = 4_000;
  long scriptMemory = 256L << 20;

  EngineBuilder() {}

  /**
   * What one run of a script may use; it is ended when it uses more, and what it did until then
   * stays done.
   *
   * @param time 4 s if nothing is said
   * @param bytes of memory that it allocates in all, garbage too; 256 MB if nothing is said
   */
  public EngineBuilder scripts(Duration time, long bytes) {
    this.scriptMillis = time.toMillis();
    this.scriptMemory = bytes;
    return this;
  }

  /**
   * The clock that keys expire by.
   *
   * <p>It may be set back: a key expires when the clock shows a later time than the key's.
   *
   * @param clock asked once for each call, under the lock
   */
  public EngineBuilder clock(InstantSource clock) {
    this.clock = clock;
    return this;
  }

  /**
   * Whence SPOP, RANDOMKEY and their like take chance.
   *
   * @param random used under the lock only; a seeded one makes tests repeatable
   */
  public EngineBuilder random(RandomGenerator random) {
    this.random = random;
    return this;
  }

  /**
   * Where changes are written, and read from at the beginning.
   *
   * @param journal opened already, and not read yet
   */
  public EngineBuilder journal(Journal journal) {
    this.journal = journal;
    return this;
  }

  /**
   * How many bytes keys and values may take, roughly, and what is done when they would take more.
   *
   * <p>The JVM needs more than that: it is an estimate of what values take, without garbage and
   * without the buffers of connections.
   *
   * @param bytes at least 1
   * @param eviction what is removed to make room
   */
  public EngineBuilder memory(long bytes, Eviction eviction) {
    return memory(new MemoryBudget(bytes), eviction);
  }

  /**
   * The same for several engines together: those evict that use more than an equal share, each its
   * own keys.
   */
  public EngineBuilder memory(MemoryBudget budget, Eviction eviction) {
    this.memory = budget;
    this.eviction = eviction;
    return this;
  }

  /**
   * Opens the engine, with what its journal holds.
   *
   * @throws IOException if the journal cannot be read, or is damaged
   */
  public Engine open() throws IOException {
    return new Engine(this);
  }
}
