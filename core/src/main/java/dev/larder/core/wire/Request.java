package dev.larder.core.wire;

import dev.larder.core.AsOf;
import dev.larder.core.CacheKey;
import dev.larder.core.HotKey;
import dev.larder.core.Identity;
import dev.larder.core.InvalidValueException;
import dev.larder.core.InvalidationSource;
import dev.larder.core.PathReads;
import dev.larder.core.TagSet;
import java.util.List;

/** What a client asks. */
public sealed interface Request extends Message {
  /**
   * The handshake.
   *
   * @param version the protocol version the client speaks
   * @param client its name, for people
   * @param known what it last knew
   */
  record Hello(int version, String client, AsOf known) implements Request {}

  /**
   * Asks for an entry.
   *
   * @param lookup the question
   */
  record Lookup(dev.larder.core.Lookup lookup) implements Request {}

  /**
   * Brings an entry.
   *
   * @param put the entry
   */
  record Put(dev.larder.core.Put put) implements Request {}

  /** Gives a lease back. */
  record Release(CacheKey key, long lease) implements Request {}

  /** Keeps a lease. */
  record Renew(CacheKey key, long lease) implements Request {}

  /**
   * Invalidates tags.
   *
   * @param expire in how many seconds their entries expire; 0 is now
   * @param source who does it, as far as the client says
   */
  record Invalidate(TagSet tags, long expire, InvalidationSource source) implements Request {
    /** An invalidation of somebody who does not say who it is. */
    public Invalidate(TagSet tags, long expire) {
      this(tags, expire, InvalidationSource.NONE);
    }
  }

  /** Asks what happened since {@code known}. */
  record Refresh(AsOf known) implements Request {}

  /**
   * Ends the wait of a lookup.
   *
   * @param lookup its request id
   */
  record Cancel(int lookup) implements Request {}

  /** Asks for a sign of life, and gives one. */
  record Ping() implements Request {}

  /**
   * Says which process the client is. A server of version 1 does not know it.
   *
   * @param identity which
   */
  record Identify(Identity identity) implements Request {}

  /**
   * Says what only the client knows. A server of version 1 does not know it.
   *
   * @param report what
   */
  record Report(dev.larder.core.Report report) implements Request {}

  /**
   * Says which paths were read most since this was said before. A server of version 2 does not know
   * it.
   *
   * @param reads at most {@link PathReads#MAX_COUNT}
   */
  record Paths(List<PathReads> reads) implements Request {
    /**
     * The request.
     *
     * @throws InvalidValueException if there are too many
     */
    public Paths {
      if (reads.size() > PathReads.MAX_COUNT) {
        throw new InvalidValueException(
            "%d paths; at most %d".formatted(reads.size(), PathReads.MAX_COUNT));
      }
      reads = List.copyOf(reads);
    }
  }

  /**
   * Asks which keys are read most.
   *
   * @param count the most to name, at most {@link HotKey#MAX_COUNT}
   */
  record Hottest(long count) implements Request {
    /**
     * The request.
     *
     * @throws InvalidValueException if the count is negative or too high
     */
    public Hottest {
      if (count < 0 || count > HotKey.MAX_COUNT) {
        throw new InvalidValueException(
            "%d hottest keys; expected at most %d".formatted(count, HotKey.MAX_COUNT));
      }
    }
  }
}
