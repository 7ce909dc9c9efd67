package dev.larder.server.access;

/**
 * What an address, or a frame of the protocol, asks for.
 *
 * <p>{@link Role} says which of them a token has.
 */
public enum Permission {
  /** To see what a namespace holds, but for values. */
  INSPECT,
  /** To look entries up, and to hear what was invalidated. */
  LOOK_UP,
  /** To generate and to store entries. */
  STORE,
  /** To invalidate tags and paths. */
  INVALIDATE,
  /** To read what is measured. */
  METRICS,
  /** To read keys of Redis over HTTP that one knows. */
  REDIS_READ,
  /** Every command of Redis over HTTP. */
  REDIS,
  /** To purge, to delete, and whatever else is for whoever runs the server. */
  ADMINISTER
}
