/**
 * What a cache does: who is served what, who generates, and what an invalidation means for an
 * entry. One engine for every store.
 *
 * <p>Starting points: {@link dev.larder.core.engine.Cache} is the cache of one namespace and the
 * door of this package; {@link dev.larder.core.engine.Ledger} decides what an invalidation means
 * for an entry; {@link dev.larder.core.engine.LeaseTable} decides who generates.
 */
@NullMarked
package dev.larder.core.engine;

import org.jspecify.annotations.NullMarked;
