package dev.larder.core.wire;

/** What is wrong, as a number on the wire and a name in JSON. */
public enum ErrorCode {
  /** A frame that does not decode. */
  MALFORMED(1, "malformed"),
  /** No such request. */
  UNKNOWN_OPERATION(2, "unknown-operation"),
  /** A request before the handshake. */
  HANDSHAKE_REQUIRED(3, "handshake-required"),
  /** A version not spoken here. */
  UNSUPPORTED_VERSION(4, "unsupported-version"),
  /** A field that decodes but is not allowed. */
  INVALID_VALUE(5, "invalid-value"),
  /** Over a size limit. */
  TOO_LARGE(6, "too-large"),
  /** The store cannot do it now. */
  STORE_UNAVAILABLE(7, "store-unavailable"),
  /** A limit on waiting requests is reached. */
  OVERLOADED(8, "overloaded"),
  /** A fault of the server. */
  INTERNAL(9, "internal"),
  /** The token of the client does not allow it. */
  FORBIDDEN(10, "forbidden");

  private final int number;
  private final String label;

  ErrorCode(int number, String label) {
    this.number = number;
    this.label = label;
  }

  /** Its number on the wire. */
  public int number() {
    return number;
  }

  /** Its name in JSON and docs. */
  public String label() {
    return label;
  }

  /**
   * The code of that number.
   *
   * @throws ProtocolException if there is none
   */
  static ErrorCode of(int number) {
    for (ErrorCode code : values()) {
      if (code.number == number) {
        return code;
      }
    }
    throw new ProtocolException(MALFORMED, "error code %d; expected 1 to 10".formatted(number));
  }
}
