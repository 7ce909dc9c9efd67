/** Tests of what a CDN is told. */
@NullMarked
package dev.larder.server.forward;

import org.jspecify.annotations.NullMarked;
