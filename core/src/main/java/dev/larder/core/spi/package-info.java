/**
 * What a store implements to carry Larder.
 *
 * <p>Starting points: {@link dev.larder.core.spi.Store}, which opens an {@link
 * dev.larder.core.spi.EntryStore} and an {@link dev.larder.core.spi.InvalidationLog} per namespace.
 */
@NullMarked
package dev.larder.core.spi;

import org.jspecify.annotations.NullMarked;
