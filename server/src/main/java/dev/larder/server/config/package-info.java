/**
 * The settings of a server.
 *
 * <p>Starting points: {@link dev.larder.server.config.ServerConfig}.
 */
@NullMarked
package dev.larder.server.config;

import org.jspecify.annotations.NullMarked;
