package dev.larder.core;

import java.util.List;

/**
 * The part of a history a caller missed: every invalidation after one revision that can still
 * matter to an entry stamped at or after it.
 *
 * @param since the revision after which nothing is left out; what the caller knew, or later if the
 *     ledger cannot tell what happened from there on
 * @param upTo the revision of the last invalidation; not before {@code since}
 * @param invalidations the invalidations after {@code since}, ascending by revision, several of one
 *     revision where its tags have come to differ
 */
public record Missed(Revision since, Revision upTo, List<Invalidation> invalidations) {}
