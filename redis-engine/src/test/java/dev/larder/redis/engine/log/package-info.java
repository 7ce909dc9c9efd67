@NullMarked
package dev.larder.redis.engine.log;

import org.jspecify.annotations.NullMarked;
