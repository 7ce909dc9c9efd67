/** Benchmarks of the wire codec. */
@NullMarked
package dev.larder.core.wire;

import org.jspecify.annotations.NullMarked;
