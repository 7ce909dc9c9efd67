package dev.larder.server.session;

/**
 * How much memory all clients of a server may take together, in bytes. docs/decisions/0047 says
 * what each bound is about and what happens at it.
 *
 * @param incoming what has come from clients and is not dealt with
 * @param values large values on their way to clients
 * @param outgoing all that is to be sent to clients and has not left
 * @param lookups the lookups under way or waiting
 */
public record MemoryBounds(long incoming, long values, long outgoing, long lookups) {
  /** MemoryBounds for what the heap can bear. */
  public static MemoryBounds ofHeap() {
    long heap = Runtime.getRuntime().maxMemory();
    return new MemoryBounds(heap / 16, heap / 16, heap / 8, heap / 16);
  }
}
