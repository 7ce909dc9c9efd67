package dev.larder.core.engine;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.Revision;

/**
 * A lookup that waits for a key which another caller generates. Exactly one of {@link #arrived},
 * {@link #promoted}, {@link #spent} and {@link #refused} is called for each wait, once.
 */
interface Follower {
  /** What this waits for. */
  CacheKey key();

  /** The caller on whose behalf this waits. */
  Caller caller();

  /** The revision before which a generation that began is of no use to this any more. */
  Revision usefulFrom();

  /** The leader's entry arrived. */
  void arrived(CacheEntry entry);

  /** The lease ended without an entry and is now this caller's. */
  void promoted(long lease);

  /** The wait budget is spent, the wait was cancelled, or the entry must not be shared. */
  void spent();

  /** It may not wait at all: there is no budget, or what is generated must not be shared. */
  default void refused() {
    spent();
  }
}
