package dev.larder.core;

import java.util.List;
import java.util.Optional;

/**
 * What happened since a caller last knew.
 *
 * @param asOf where history stands
 * @param missed the invalidations the caller missed that can still matter, ascending by revision;
 *     empty if they are no longer held, so that the caller must distrust everything stamped before
 *     {@code asOf}
 */
public record Refreshed(AsOf asOf, Optional<List<Invalidation>> missed) {}
