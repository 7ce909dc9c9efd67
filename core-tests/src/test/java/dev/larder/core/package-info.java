@NullMarked
package dev.larder.core;

import org.jspecify.annotations.NullMarked;
