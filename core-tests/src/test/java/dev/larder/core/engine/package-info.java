@NullMarked
package dev.larder.core.engine;

import org.jspecify.annotations.NullMarked;
