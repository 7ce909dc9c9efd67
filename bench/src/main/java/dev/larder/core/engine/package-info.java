/** Benchmarks of the engine, beside what they measure. */
@NullMarked
package dev.larder.core.engine;

import org.jspecify.annotations.NullMarked;
