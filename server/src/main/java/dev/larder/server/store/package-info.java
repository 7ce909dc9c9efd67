/**
 * The embedded store: entries and invalidations of a single server, durable in a data directory.
 *
 * <p>Starting points: {@link dev.larder.server.store.EmbeddedStore}.
 */
@NullMarked
package dev.larder.server.store;

import org.jspecify.annotations.NullMarked;
