@NullMarked
package dev.larder.server.session;

import org.jspecify.annotations.NullMarked;
