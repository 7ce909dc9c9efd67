package dev.larder.server.http;

import dev.larder.core.InvalidValueException;
import dev.larder.core.spi.StoreException;
import dev.larder.server.process.OutOfMemory;
import dev.larder.server.session.StoreErrors;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletionException;

/**
 * A request that is answered with an HTTP error.
 *
 * <p>It has no stack trace: it is an answer, and somebody may cause many.
 *
 * <p>The codes of JSON answers: {@code invalid-value} 400, {@code unauthorized} 401, {@code
 * forbidden} 403, {@code not-found} 404, {@code method-not-allowed} 405, {@code timeout} 408,
 * {@code not-embedded} 409, {@code too-large} 413, 414 and 431, {@code unsupported-media-type} 415,
 * {@code upgrade-required} 426, {@code too-many-attempts} 429, {@code overloaded} 503, {@code
 * internal} 500, {@code draining} and {@code store-unavailable} 503.
 */
public final class Refusal extends RuntimeException {
  private static final Logger LOG = System.getLogger(Refusal.class.getName());

  private final int status;
  private final String code;

  /**
   * An error.
   *
   * @param status of HTTP
   * @param code the name of the error, for programs
   * @param message a sentence, for people
   */
  public Refusal(int status, String code, String message) {
    super(message, null, false, false);
    this.status = status;
    this.code = code;
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }

  /** The name of the error in the body. */
  String code() {
    return code;
  }

  /**
   * What a failure stands for. One that nobody foresaw is logged, and said to be the server's.
   *
   * <p>An invalid value is 400, a store that cannot be asked 503, everything else 500 without
   * details, as they might hold what is secret. A heap that is full ends the process instead.
   */
  public static Refusal of(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return switch (cause) {
      case Refusal refusal -> refusal;
      case InvalidValueException e ->
          new Refusal(400, "invalid-value", String.valueOf(e.getMessage()));
      case StoreException e -> new Refusal(503, "store-unavailable", StoreErrors.describe(e));
      default -> {
        OutOfMemory.exitIfCause(cause);
        LOG.log(Level.ERROR, "a request failed", cause);
        yield new Refusal(500, "internal", "a fault of the server; its log has details");
      }
    };
  }
}
