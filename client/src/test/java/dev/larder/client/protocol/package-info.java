@NullMarked
package dev.larder.client.protocol;

import org.jspecify.annotations.NullMarked;
