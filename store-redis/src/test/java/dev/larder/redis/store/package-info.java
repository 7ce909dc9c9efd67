@NullMarked
package dev.larder.redis.store;

import org.jspecify.annotations.NullMarked;
