/**
 * The Larder server.
 *
 * <p>Starting points: {@link dev.larder.server.Main}, the command line; {@link
 * dev.larder.server.LarderServer}, a running server; {@link dev.larder.server.ServerConfig}, what
 * it can be told.
 */
@NullMarked
package dev.larder.server;

import org.jspecify.annotations.NullMarked;
