/** Tests of what values are made of. */
@NullMarked
package dev.larder.redis.engine.data;

import org.jspecify.annotations.NullMarked;
