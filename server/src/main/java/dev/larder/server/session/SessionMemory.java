package dev.larder.server.session;

/**
 * The memory that the sessions of a server share.
 *
 * @param values for large values on their way to clients
 * @param outgoing for everything that is to be sent and has not left
 * @param lookups for lookups under way
 */
public record SessionMemory(MemoryLimit values, OutgoingMemory outgoing, LookupMemory lookups) {
  /** As much as the bounds allow, all of it free. */
  public static SessionMemory of(MemoryBounds bounds) {
    return new SessionMemory(
        new MemoryLimit(bounds.values()),
        new OutgoingMemory(bounds.outgoing()),
        new LookupMemory(bounds.lookups()));
  }

  /** True while clients wait for room to be sent something. */
  public boolean contended() {
    return outgoing.crowded() || values.contended();
  }
}
