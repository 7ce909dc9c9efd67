/**
 * The server's endpoints: frames over WebSocket and over POST, JSON for people.
 *
 * <p>Starting points: {@link dev.larder.server.http.HttpApi}.
 */
@NullMarked
package dev.larder.server.http;

import org.jspecify.annotations.NullMarked;
