/**
 * What happened on a server lately, for people: one list, in the order in which it happened.
 *
 * <p>Starting point: {@link dev.larder.server.events.EventLog}.
 */
@NullMarked
package dev.larder.server.events;

import org.jspecify.annotations.NullMarked;
