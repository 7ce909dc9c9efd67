/**
 * What is true of the whole process: its version, and that it ends when its memory is exhausted.
 */
@NullMarked
package dev.larder.server.process;

import org.jspecify.annotations.NullMarked;
