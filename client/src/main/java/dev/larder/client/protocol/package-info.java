/**
 * The client side of the protocol: what is sent and what came, without sockets, threads and clocks
 * of its own. Nothing here is safe for several threads; whoever carries the bytes has one lock.
 *
 * <p>Starting points: {@link dev.larder.client.protocol.Conversation}, {@link
 * dev.larder.client.protocol.Event}.
 */
@NullMarked
package dev.larder.client.protocol;

import org.jspecify.annotations.NullMarked;
