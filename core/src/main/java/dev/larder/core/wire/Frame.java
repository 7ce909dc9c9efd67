package dev.larder.core.wire;

/**
 * One request or answer on the wire.
 *
 * @param requestId what ties an answer to its request, an unsigned 32-bit number; 0 is the server's
 *     own
 * @param message what it says
 */
public record Frame(int requestId, Message message) {}
