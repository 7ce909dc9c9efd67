/**
 * What is asked for most, of more things than can be counted one by one. Only this package knows
 * DataSketches.
 *
 * <p>Starting point: {@link dev.larder.server.metrics.hot.Hottest}.
 */
@NullMarked
package dev.larder.server.metrics.hot;

import org.jspecify.annotations.NullMarked;
