/**
 * The conversation with a client, whatever carries it: requests are answered, large values and
 * lookups wait for memory, and sessions end when the server stops. Nothing here knows Vert.x.
 *
 * <p>Starting points: {@link dev.larder.server.session.Session}, {@link
 * dev.larder.server.session.Namespaces}.
 */
@NullMarked
package dev.larder.server.session;

import org.jspecify.annotations.NullMarked;
