package dev.larder.core.spi;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * A text that is kept for all who share it, and replaced as a whole. It does not expire. Whoever
 * changes it says what it was, so that nobody overwrites what somebody else has just written.
 *
 * <p>Stages fail with a {@link StoreException} if it cannot be read or written.
 */
public interface SharedText {
  /** The largest text, in bytes of UTF-8. */
  int MAX_BYTES = 8 << 20;

  /** The text; empty if there is none. May be asked every second, at the cost of a small answer. */
  CompletionStage<Optional<String>> read();

  /**
   * Replaces the text.
   *
   * @param expected what it is, as far as is known; empty: there is none
   * @return completes with false, and changes nothing, if it is another one
   */
  CompletionStage<Boolean> replace(Optional<String> expected, String text);
}
