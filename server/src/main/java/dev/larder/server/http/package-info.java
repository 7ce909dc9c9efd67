/**
 * HTTP: who may ask, which request is answered by whom, batches of frames, JSON for people.
 *
 * <p>Starting points: {@link dev.larder.server.http.HttpApi}.
 */
@NullMarked
package dev.larder.server.http;

import org.jspecify.annotations.NullMarked;
