package dev.larder.core.wire;

import dev.larder.core.AsOf;
import dev.larder.core.CacheLife;
import dev.larder.core.HotKey;
import dev.larder.core.Put;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import java.util.List;

/** What a server says. */
public sealed interface Answer extends Message {
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
      implements Answer {}

  /** An entry to serve. */
  record Fresh(AsOf asOf, Entry entry) implements Answer {}

  /** An entry to serve and, with a lease, to regenerate. */
  record Stale(AsOf asOf, long lease, Entry entry) implements Answer {}

  /** Nothing to serve; with a lease, to be generated. */
  record Miss(AsOf asOf, long lease) implements Answer {}

  /** What became of a put. */
  record Stored(Put.Outcome outcome) implements Answer {}

  /** Whether a lease was given back. */
  record Released(boolean held) implements Answer {}

  /** Whether a lease is kept. */
  record Renewed(boolean held) implements Answer {}

  /** An invalidation is durable. */
  record Invalidated(AsOf asOf) implements Answer {}

  /**
   * What happened since the client last knew, or since the earliest revision that can be told of.
   *
   * @param asOf where history stands
   * @param since the revision after which nothing is left out
   * @param missed the invalidations after it, ascending
   */
  record Refreshed(AsOf asOf, Revision since, List<Told> missed) implements Answer {}

  /** A sign of life. */
  record Pong() implements Answer {}

  /**
   * The keys read most.
   *
   * @param hottest the hottest first
   */
  record Keys(List<HotKey> hottest) implements Answer {}

  /**
   * An invalidation, told unasked.
   *
   * @param store the history it belongs to
   */
  record Pushed(StoreIdentity store, Told invalidation) implements Answer {}

  /** The server is about to stop, told unasked: another one will do what is asked from now on. */
  record Leaving() implements Answer {}

  /** Something is wrong with a request, or with the server. */
  record Failed(ErrorCode code, String message) implements Answer {}

  /**
   * An entry as it travels.
   *
   * @param age how long ago its generation began, in ms
   */
  @SuppressWarnings(
      "ArrayRecordComponent") // values are megabytes: shared, never copied or compared
  record Entry(
      Revision revision, TagSet tags, CacheLife life, long age, int checksum, byte[] value) {}

  /**
   * An invalidation as it travels.
   *
   * @param expiresIn in how many ms its entries expire: 0 if at once, {@link
   *     dev.larder.core.Invalidation#NEVER} if never
   */
  record Told(Revision revision, long expiresIn, TagSet tags) {}
}
