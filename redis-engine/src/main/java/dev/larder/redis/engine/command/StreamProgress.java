package dev.larder.redis.engine.command;

import dev.larder.redis.engine.data.StreamGroup;
import dev.larder.redis.engine.data.StreamId;
import dev.larder.redis.engine.data.StreamValue;
import java.util.OptionalLong;

/**
 * How far a group has read, counted in entries, as far as that can be said after removals.
 *
 * <p>A group counts what it reads, as long as nothing between was removed. Where something was, the
 * number is only known at three places: before the first entry, at it, and at the end. These are
 * the rules of Redis 7.0 for {@code entries-read} and {@code lag}.
 */
final class StreamProgress {
  private StreamProgress() {}

  /**
   * How many entries a group has read once it reads an entry after its last one.
   *
   * @param id of the entry that is read now
   * @return the number, or {@link StreamGroup#UNKNOWN}
   */
  static long after(StreamValue stream, StreamGroup group, StreamId id) {
    if (group.entriesRead() != StreamGroup.UNKNOWN && !hasGapsAfter(stream, id)) {
      return group.entriesRead() + 1;
    }
    return stream.entriesAdded() > 0 ? upTo(stream, id) : group.entriesRead();
  }

  /** How many entries a group has not read, if that can be said. */
  static OptionalLong lag(StreamValue stream, StreamGroup group) {
    if (stream.entriesAdded() == 0) {
      return OptionalLong.of(0);
    }
    long read =
        group.entriesRead() != StreamGroup.UNKNOWN && !hasGapsAfter(stream, group.last())
            ? group.entriesRead()
            : upTo(stream, group.last());
    return read == StreamGroup.UNKNOWN
        ? OptionalLong.empty()
        : OptionalLong.of(stream.entriesAdded() - read);
  }

  /** Whether an entry at or after an identifier was removed from between others. */
  private static boolean hasGapsAfter(StreamValue stream, StreamId id) {
    return !stream.entries().isEmpty()
        && !stream.maxDeleted().equals(StreamId.LEAST)
        && stream.first().compareTo(stream.maxDeleted()) <= 0
        && id.compareTo(stream.maxDeleted()) <= 0;
  }

  /** How many entries were added up to an identifier, or {@link StreamGroup#UNKNOWN}. */
  private static long upTo(StreamValue stream, StreamId id) {
    int last = id.compareTo(stream.last());
    if (stream.entriesAdded() == 0) {
      return 0;
    }
    if (last == 0 || (last < 0 && stream.entries().isEmpty())) {
      return stream.entriesAdded();
    }
    if (last > 0) {
      return StreamGroup.UNKNOWN;
    }
    if (stream.maxDeleted().equals(StreamId.LEAST)
        || stream.maxDeleted().compareTo(stream.first()) < 0) {
      int first = id.compareTo(stream.first());
      if (first <= 0) {
        return stream.entriesAdded() - stream.entries().size() + (first == 0 ? 1 : 0);
      }
    }
    return StreamGroup.UNKNOWN;
  }
}
