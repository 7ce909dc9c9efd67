@NullMarked
package dev.larder.core.simulation;

import org.jspecify.annotations.NullMarked;
