package dev.larder.redis.engine.command;

/** What a command is like. */
public enum Flag {
  /** Reads keys, and changes nothing. */
  READ,
  /** May change keys. */
  WRITE,
  /** May take more memory, and is refused when there is none. */
  DENY_OOM,
  /** Is for whoever runs the database. */
  ADMIN,
  /** May wait for others. */
  BLOCKING,
  /** Is not for scripts. */
  NO_SCRIPT,
  /** Speaks to subscribers. */
  PUBSUB,
  /** Runs a script, which may do whatever its flags let it. */
  SCRIPT,
  /**
   * Looks through many keys or everything there is: not for those who may only read what they know.
   */
  SEARCH,
  /**
   * Looks at as many values as it names, and takes as long however many there are: microseconds.
   */
  FAST
}
