/** What a database holds: keys with their expiry, and values of each type. */
@NullMarked
package dev.larder.redis.engine.data;

import org.jspecify.annotations.NullMarked;
