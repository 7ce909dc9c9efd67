/**
 * Who may do what: tokens with roles, and the one place that decides. Nothing here knows how a
 * request came.
 */
@NullMarked
package dev.larder.server.access;

import org.jspecify.annotations.NullMarked;
