/**
 * What the server costs, measured on the real process.
 *
 * <p>Starting points: {@link dev.larder.bench.ServerBench}.
 */
@NullMarked
package dev.larder.bench;

import org.jspecify.annotations.NullMarked;
