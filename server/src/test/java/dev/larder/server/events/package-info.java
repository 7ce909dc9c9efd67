/** Tests of what happened on a server lately. */
@NullMarked
package dev.larder.server.events;

import org.jspecify.annotations.NullMarked;
