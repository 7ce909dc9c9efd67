/**
 * The Larder server.
 *
 * <p>Starting points: {@link dev.larder.server.LarderServer}, a running server; {@code cli}, the
 * command line that starts one.
 */
@NullMarked
package dev.larder.server;

import org.jspecify.annotations.NullMarked;
