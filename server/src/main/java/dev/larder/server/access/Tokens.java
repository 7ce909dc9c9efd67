package dev.larder.server.access;

import dev.larder.core.InvalidValueException;
import dev.larder.core.spi.SharedText;
import dev.larder.core.spi.Store;
import dev.larder.core.spi.StoreException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;

/**
 * Tokens as they are kept: in a file, or in a store that servers share. {@link TokenText} is the
 * text of both. Beside it is another one, which says when each was last used.
 *
 * <p>A server follows them with {@link #changed}, by one thread at a time; the command line reads
 * and changes them, and waits for that.
 */
public final class Tokens {
  /** After so many others were faster, a change is given up. */
  private static final int ATTEMPTS = 100;

  /** The name of the text in a store. */
  private static final String NAME = "tokens";

  private final SharedText text;
  private final SharedText used;
  private final String where;

  /** What was seen last, so that each state is told about once; none: nothing yet. */
  private Optional<Seen> seen = Optional.empty();

  /** What was found. */
  private sealed interface Seen {
    record Text(Optional<String> text) implements Seen {}

    /** It could not be asked; why changes from one second to the next. */
    record Nothing() implements Seen {}
  }

  private Tokens(SharedText text, SharedText used, String where) {
    this.text = text;
    this.used = used;
    this.where = where;
  }

  /** The tokens in that file. */
  public static Tokens in(Path file) {
    return new Tokens(
        new FileText(file),
        new FileText(file.resolveSibling(file.getFileName() + ".used")),
        "the file of tokens '%s'".formatted(file));
  }

  /**
   * The tokens in that store.
   *
   * @param store one that is shared
   */
  public static Tokens in(Store store) {
    return new Tokens(
        store.text(NAME).orElseThrow(),
        store.text(NAME + ":used").orElseThrow(),
        "the text of tokens in the store");
  }

  /**
   * All tokens, in their order.
   *
   * @throws InvalidValueException if there are none yet, or something in the text is not as it must
   *     be; the message names what, and the remedy
   * @throws StoreException if they cannot be read
   */
  public List<Token> read() {
    return joined(changed()).orElseThrow();
  }

  /** The same; no tokens where nothing is kept yet. */
  public List<Token> readIfAny() {
    return joined(text.read()).map(this::parsed).orElse(List.of());
  }

  /** When each token was last used, to the hour, by its id, as far as servers have said so. */
  public Map<String, Instant> lastUsed() {
    return joined(used.read()).map(LastUsed::parsed).orElse(Map.of());
  }

  /**
   * Changes the tokens. Nothing is lost of what others change at the same time: {@code change} is
   * called again then.
   *
   * @param change from all tokens to all tokens; where nothing is kept there are none
   * @throws InvalidValueException if the text is not as it must be
   * @throws StoreException if it cannot be read or written; whether it was is not known then
   */
  public void update(UnaryOperator<List<Token>> change) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Optional<String> before = joined(text.read());
      List<Token> after = change.apply(before.map(this::parsed).orElse(List.of()));
      if (joined(text.replace(before, TokenText.of(after)))) {
        return;
      }
    }
    throw new StoreException(
        "%s was changed by others %d times at once; nothing was changed"
            .formatted(where, ATTEMPTS));
  }

  /**
   * All tokens, if they are others than this has said before. Fails with {@link
   * InvalidValueException} or {@link StoreException} as {@link #read}, once for each state.
   */
  CompletionStage<Optional<List<Token>>> changed() {
    return text.read()
        .handle((found, failure) -> {
          Optional<Seen> now =
              Optional.of(failure == null ? new Seen.Text(found) : new Seen.Nothing());
          if (now.equals(seen)) {
            return Optional.<List<Token>>empty();
          }
          seen = now;
          if (failure != null) {
            throw failure instanceof CompletionException known
                ? known
                : new CompletionException(failure);
          }
          return Optional.of(parsed(found.orElseThrow(this::missing)));
        });
  }

  /** Where it is noted when they were used. */
  SharedText used() {
    return used;
  }

  /** Where they are, for people. */
  String where() {
    return where;
  }

  /** Whether it is known when the server starts what they are: of a store that is never certain. */
  boolean isInFile() {
    return text instanceof FileText;
  }

  /** Whether everybody on the machine may read them. */
  boolean isReadByOthers() {
    return text instanceof FileText file && file.isReadByOthers();
  }

  private InvalidValueException missing() {
    return new InvalidValueException(
        "%s is not there; 'larder token create' makes it".formatted(where));
  }

  private List<Token> parsed(String given) {
    try {
      return TokenText.parse(given);
    } catch (InvalidValueException e) {
      throw new InvalidValueException("%s %s".formatted(where, e.getMessage()));
    }
  }

  /** The result, or the failure as it is. */
  private static <T> T joined(CompletionStage<T> stage) {
    CompletableFuture<T> future = stage.toCompletableFuture();
    try {
      return future.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException known) {
        throw known;
      }
      throw e;
    }
  }
}
