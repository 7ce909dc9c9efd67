package dev.larder.server.store;

/**
 * The settings of an embedded store.
 *
 * @param memoryBytes how many bytes of entries to keep in memory
 * @param diskBytes how many bytes of entries to keep on disk
 * @param fsync when an invalidation counts as durable
 * @param outbox whether what is invalidated is kept for whoever tells it outside
 */
public record StoreOptions(long memoryBytes, long diskBytes, Fsync fsync, boolean outbox) {
  /** Options of a store without an outbox. */
  public StoreOptions(long memoryBytes, long diskBytes, Fsync fsync) {
    this(memoryBytes, diskBytes, fsync, false);
  }

  /** When an invalidation counts as durable. */
  public enum Fsync {
    /** Once the disk has it: it survives a power failure. */
    ALWAYS,
    /**
     * Once the operating system has it: it survives the end of the process, not of the machine.
     * After an unclean stop of the machine everything stored is distrusted and forgotten.
     */
    NEVER
  }
}
