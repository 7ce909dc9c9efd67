/**
 * The model of Larder: what a cache entry is, what a lookup finds, what an invalidation is. Values
 * only; they know neither stores nor time.
 *
 * <p>Starting points: {@link dev.larder.core.CacheEntry}, {@link dev.larder.core.Lookup}, {@link
 * dev.larder.core.Put} and {@link dev.larder.core.Invalidation}. The package {@code engine} acts on
 * them, {@code spi} is what a store implements, {@code wire} is how they travel.
 */
@NullMarked
package dev.larder.core;

import org.jspecify.annotations.NullMarked;
