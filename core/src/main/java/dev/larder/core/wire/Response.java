package dev.larder.core.wire;

import dev.larder.core.AsOf;
import dev.larder.core.CacheLife;
import dev.larder.core.HotKey;
import dev.larder.core.PutOutcome;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import java.util.List;

/** What a server sends: the response to a request, or a notification. */
public sealed interface Response extends Message {
  /**
   * The answer to a handshake.
   *
   * @param version the version spoken from now on
   * @param asOf where history stands
   * @param heartbeat how often the client must be heard from, in ms
   * @param lease how long a lease lasts, in ms
   * @param frameLimit the most bytes of a frame
   * @param server its name, for people
   */
  record Welcome(int version, AsOf asOf, int heartbeat, int lease, int frameLimit, String server)
      implements Response {}

  /** An entry to serve. */
  record Fresh(AsOf asOf, Entry entry) implements Response {}

  /** An entry to serve and, with a lease, to regenerate. */
  record Stale(AsOf asOf, long lease, Entry entry) implements Response {}

  /** Nothing to serve; with a lease, to be generated. */
  record Miss(AsOf asOf, long lease) implements Response {}

  /** What became of a put. */
  record Stored(PutOutcome outcome) implements Response {}

  /** Whether a lease was given back. */
  record Released(boolean held) implements Response {}

  /** Whether a lease is kept. */
  record Renewed(boolean held) implements Response {}

  /** An invalidation is durable. */
  record Invalidated(AsOf asOf) implements Response {}

  /**
   * What happened since the client last knew, or since the earliest revision that is remembered.
   *
   * @param asOf where history stands
   * @param since the revision after which nothing is left out
   * @param missed the invalidations after it, ascending
   */
  record Refreshed(AsOf asOf, Revision since, List<Notification> missed) implements Response {}

  /** A sign of life. */
  record Pong() implements Response {}

  /**
   * The keys read most.
   *
   * @param hottest the hottest first
   */
  record Keys(List<HotKey> hottest) implements Response {}

  /**
   * An invalidation, sent without a request.
   *
   * @param store the history it belongs to
   */
  record Pushed(StoreIdentity store, Notification invalidation) implements Response {}

  /**
   * The server is about to stop, sent without a request: another one will do what is asked from now
   * on.
   */
  record Leaving() implements Response {}

  /** Something is wrong with a request, or with the server. */
  record Failed(ErrorCode code, String message) implements Response {}

  /**
   * An entry as it travels.
   *
   * @param age how long ago its generation began, in ms
   * @param generation how long its generation took, in ms; 0 if that is not known, or if the client
   *     speaks version 1
   */
  @SuppressWarnings(
      "ArrayRecordComponent") // values are megabytes: shared, never copied or compared
  record Entry(
      Revision revision,
      TagSet tags,
      CacheLife life,
      long age,
      int checksum,
      byte[] value,
      long generation) {
    /** An entry of which is not known how long its generation took. */
    public Entry(
        Revision revision, TagSet tags, CacheLife life, long age, int checksum, byte[] value) {
      this(revision, tags, life, age, checksum, value, 0);
    }
  }

  /**
   * An invalidation as it travels.
   *
   * @param expiresIn in how many ms its entries expire: 0 if at once, {@link
   *     dev.larder.core.Invalidation#NEVER} if never
   */
  record Notification(Revision revision, long expiresIn, TagSet tags) {}
}
