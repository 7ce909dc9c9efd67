@NullMarked
package dev.larder.server.metrics.hot;

import org.jspecify.annotations.NullMarked;
