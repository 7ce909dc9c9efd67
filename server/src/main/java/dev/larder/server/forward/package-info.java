/**
 * Tells a CDN in front what was invalidated: from the outbox of the store, as often as it takes,
 * and never while somebody waits for it.
 *
 * <p>Starting points: {@link dev.larder.server.forward.Forwarder} runs it, {@link
 * dev.larder.server.forward.Target} is what a kind of CDN is asked.
 */
@NullMarked
package dev.larder.server.forward;

import org.jspecify.annotations.NullMarked;
