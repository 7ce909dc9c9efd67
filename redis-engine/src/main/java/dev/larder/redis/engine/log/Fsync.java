package dev.larder.redis.engine.log;

/**
 * When what was written is forced to the disk, so that it survives the end of the machine.
 *
 * <p>Written means: given to the operating system, which keeps it if only the process dies.
 */
public enum Fsync {
  /** Before it is acknowledged. */
  ALWAYS,
  /**
   * Once a second: a machine that dies takes a second with it. A process that dies takes nothing.
   */
  EVERY_SECOND,
  /** When the operating system wants to. */
  NEVER
}
