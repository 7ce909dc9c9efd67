package dev.larder.core;

/** What became of a {@link Put}. All outcomes are final. */
public enum PutOutcome {
  /** It is served from now on. */
  STORED(0),
  /** An invalidation after its revision expired it before it arrived, or its life is over. */
  EXPIRED(1),
  /** An entry of a newer revision is stored. */
  SUPERSEDED(2),
  /** Its revision is unknown, of another history, or later than this history. */
  UNSTAMPED(3),
  /** The store does not take entries now. */
  DROPPED(4);

  private final int number;

  PutOutcome(int number) {
    this.number = number;
  }

  /** Its number on the wire. */
  public int number() {
    return number;
  }
}
