/**
 * Connections: what comes in and goes out, within bounds of memory and time, and the frames of a
 * WebSocket.
 *
 * <p>Starting points: {@link dev.larder.server.socket.SocketEndpoint}, {@link
 * dev.larder.server.socket.Connections}.
 */
@NullMarked
package dev.larder.server.socket;

import org.jspecify.annotations.NullMarked;
