package dev.larder.core.wire;

/** The numbers of the protocol. */
public final class Protocol {
  /** The version spoken here. */
  public static final int VERSION = 3;

  /** The oldest version spoken here. */
  public static final int OLDEST = 1;

  /** Bytes of a frame before its payload: length, operation, request id. */
  static final int HEADER_BYTES = 9;

  /** How many bytes a frame may have beyond the value it carries. */
  public static final int FRAME_OVERHEAD = 8 << 20;

  /** The duration that means "never". */
  static final long NEVER = -1L;

  static final int HELLO = 0x01;
  static final int LOOKUP = 0x02;
  static final int PUT = 0x03;
  static final int RELEASE = 0x04;
  static final int RENEW = 0x05;
  static final int INVALIDATE = 0x06;
  static final int REFRESH = 0x07;
  static final int CANCEL = 0x08;
  static final int PING = 0x09;
  static final int HOTTEST = 0x0a;
  static final int IDENTIFY = 0x0b;
  static final int REPORT = 0x0c;

  /** A PUT that says where it comes from. */
  static final int PUT_FROM = 0x0d;

  /** An INVALIDATE that says who it is by. */
  static final int INVALIDATE_BY = 0x0e;

  static final int PATHS = 0x0f;

  static final int WELCOME = 0x81;
  static final int FRESH = 0x82;
  static final int STALE = 0x83;
  static final int MISS = 0x84;
  static final int STORED = 0x85;
  static final int RELEASED = 0x86;
  static final int RENEWED = 0x87;
  static final int INVALIDATED = 0x88;
  static final int REFRESHED = 0x89;
  static final int PONG = 0x8a;
  static final int KEYS = 0x8b;

  /** A FRESH that says how long the generation took. */
  static final int FRESH_FROM = 0x8c;

  /** A STALE that says how long the generation took. */
  static final int STALE_FROM = 0x8d;

  static final int INVALIDATION = 0x90;
  static final int LEAVING = 0x91;
  static final int ERROR = 0xff;

  private Protocol() {}
}
