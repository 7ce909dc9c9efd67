@NullMarked
package dev.larder.core.wire;

import org.jspecify.annotations.NullMarked;
