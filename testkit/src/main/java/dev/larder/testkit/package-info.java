/**
 * What tests of Larder share, and what a store of one's own can be tested with.
 *
 * <p>Starting points: {@link dev.larder.testkit.EntryStoreContract} and {@link
 * dev.larder.testkit.InvalidationLogContract}, which every store must pass; {@link
 * dev.larder.testkit.ManualTime}, the clock and scheduler of tests and simulations.
 */
@NullMarked
package dev.larder.testkit;

import org.jspecify.annotations.NullMarked;
