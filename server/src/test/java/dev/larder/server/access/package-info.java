/** Tests of who may do what. */
@NullMarked
package dev.larder.server.access;

import org.jspecify.annotations.NullMarked;
