@NullMarked
package dev.larder.server.metrics;

import org.jspecify.annotations.NullMarked;
