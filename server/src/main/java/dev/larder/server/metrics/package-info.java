/**
 * What the server counts, and the page that shows it. Only this package knows Micrometer.
 *
 * <p>Starting points: {@link dev.larder.server.metrics.ServerMetrics}, which counts; {@link
 * dev.larder.server.metrics.MetricsPage}, which shows.
 */
@NullMarked
package dev.larder.server.metrics;

import org.jspecify.annotations.NullMarked;
