package dev.larder.server.http;

/** A request that is answered with an HTTP error. */
final class Refusal extends RuntimeException {
  private final int status;
  private final String code;

  Refusal(int status, String code, String message) {
    super(message, null, false, false);
    this.status = status;
    this.code = code;
  }

  /** The HTTP status. */
  int status() {
    return status;
  }

  /** The name of the error in the body. */
  String code() {
    return code;
  }
}
