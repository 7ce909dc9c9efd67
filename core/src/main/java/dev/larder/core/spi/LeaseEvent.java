package dev.larder.core.spi;

import dev.larder.core.CacheKey;

/** What happened to the lease of a key, on any of the servers that share a store. */
public sealed interface LeaseEvent {
  /** The key. */
  CacheKey key();

  /**
   * An entry was stored while the key was leased.
   *
   * @param key the key
   * @param ended the number of the lease it ended; 0 if none
   */
  record EntryStored(CacheKey key, long ended) implements LeaseEvent {}

  /**
   * A lease ended without an entry.
   *
   * @param key its key
   * @param lease its number
   */
  record Ended(CacheKey key, long lease) implements LeaseEvent {}

  /**
   * A lease ended with an entry that must not be shared.
   *
   * @param key its key
   * @param lease its number
   */
  record Unshareable(CacheKey key, long lease) implements LeaseEvent {}
}
