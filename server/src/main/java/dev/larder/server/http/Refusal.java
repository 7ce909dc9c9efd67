package dev.larder.server.http;

/** A request that is answered with an HTTP error. */
public final class Refusal extends RuntimeException {
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
}
