@NullMarked
package dev.larder.redis.client;

import org.jspecify.annotations.NullMarked;
