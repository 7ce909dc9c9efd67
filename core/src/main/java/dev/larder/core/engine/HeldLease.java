package dev.larder.core.engine;

import dev.larder.core.CacheKey;
import dev.larder.core.Revision;

/**
 * A lease, for people.
 *
 * @param key what is generated under it
 * @param holder who holds it; empty if it does not say
 * @param here false if another server granted it, and those who wait here wait for that one
 * @param since when it was granted, in ms of the store's clock; of another server's, when it was
 *     last asked for
 * @param renewedAt when it was granted or renewed last, in ms of the store's clock
 * @param asOf where history stood when it was granted
 * @param waiting how many lookups wait for it, on this server
 */
public record HeldLease(
    CacheKey key,
    String holder,
    boolean here,
    long since,
    long renewedAt,
    Revision asOf,
    int waiting) {}
