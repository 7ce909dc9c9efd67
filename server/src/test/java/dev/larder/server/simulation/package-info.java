@NullMarked
package dev.larder.server.simulation;

import org.jspecify.annotations.NullMarked;
