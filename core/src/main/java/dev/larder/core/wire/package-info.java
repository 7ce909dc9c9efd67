/**
 * The frames of the Larder protocol and their bytes, as {@code docs/protocol.md} has them.
 *
 * <p>Starting points: {@link dev.larder.core.wire.Frame}, one request or answer; {@link
 * dev.larder.core.wire.FrameReader} and {@link dev.larder.core.wire.FrameWriter}.
 */
@NullMarked
package dev.larder.core.wire;

import org.jspecify.annotations.NullMarked;
