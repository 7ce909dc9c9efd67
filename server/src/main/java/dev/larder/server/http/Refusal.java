package dev.larder.server.http;

import dev.larder.core.InvalidValueException;
import dev.larder.core.spi.StoreException;
import dev.larder.server.process.OutOfMemory;
import dev.larder.server.session.StoreErrors;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletionException;

/** A request that is answered with an HTTP error. */
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

  /** What a failure stands for. One that nobody foresaw is logged, and said to be the server's. */
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
