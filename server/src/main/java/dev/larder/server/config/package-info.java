/**
 * What a server can be told.
 *
 * <p>Starting points: {@link dev.larder.server.config.ServerConfig}.
 */
@NullMarked
package dev.larder.server.config;

import org.jspecify.annotations.NullMarked;
