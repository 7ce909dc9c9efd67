/**
 * The command line.
 *
 * <p>Starting points: {@link dev.larder.server.cli.Main}.
 */
@NullMarked
package dev.larder.server.cli;

import org.jspecify.annotations.NullMarked;
