package dev.larder.core;

/**
 * What a log remembers of an invalidation for people: it was acknowledged, or would have been.
 *
 * @param invalidation what was invalidated
 * @param at when, in ms of the store's clock
 * @param source who did it
 */
public record AuditedInvalidation(Invalidation invalidation, long at, InvalidationSource source) {
  /** How many of a namespace are remembered, the latest. */
  public static final int KEPT = 10_000;
}
