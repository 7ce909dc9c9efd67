package dev.larder.core.engine;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.Revision;

/**
 * Somebody waiting for a key that another caller generates. Exactly one of the three is called,
 * once.
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

  /** The wait budget is spent, or the wait was cancelled. */
  void spent();
}
