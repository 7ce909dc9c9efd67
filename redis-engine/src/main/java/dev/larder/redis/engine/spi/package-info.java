/** What makes a database last. */
@NullMarked
package dev.larder.redis.engine.spi;

import org.jspecify.annotations.NullMarked;
