package dev.larder.client.protocol;

import java.nio.ByteBuffer;

/**
 * What goes into one WebSocket frame.
 *
 * @param bytes at most 2 MiB, from position to limit
 * @param last whether the binary message ends with it
 */
public record Fragment(ByteBuffer bytes, boolean last) {}
