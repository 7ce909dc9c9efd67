/**
 * The model of Larder: what a cache entry is, what an invalidation does to it, who may generate it.
 *
 * <p>Starting points: {@link dev.larder.core.Cache} is the cache of one namespace and the door of
 * this module; {@link dev.larder.core.Ledger} decides what an invalidation means for an entry;
 * {@link dev.larder.core.LeaseTable} decides who generates.
 */
@NullMarked
package dev.larder.core;

import org.jspecify.annotations.NullMarked;
