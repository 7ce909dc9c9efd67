/** Benchmarks of the embedded store. */
@NullMarked
package dev.larder.server.store;

import org.jspecify.annotations.NullMarked;
