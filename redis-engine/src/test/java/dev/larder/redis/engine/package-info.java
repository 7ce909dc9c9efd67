@NullMarked
package dev.larder.redis.engine;

import org.jspecify.annotations.NullMarked;
