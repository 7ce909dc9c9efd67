package dev.larder.core.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The invalidations somebody missed, gathered from the marks of one tag after the other. Over its
 * limit it lets go of the earliest revision it holds, whole, and begins after it.
 */
final class MissedList {
  /**
   * The most bytes of a list as it travels; room enough for any one revision, and less than the
   * smallest frame.
   */
  static final int MAX_BYTES = 6 << 20;

  /** What an invalidation takes beside its tags, and a tag beside its text. */
  private static final int BESIDE_TEXT = 20;

  private final int limit;
  private final TreeMap<Long, Map<Long, List<String>>> found = new TreeMap<>();
  private long since;
  private int marks;
  private long bytes;

  /**
   * An empty list.
   *
   * @param since the revision it begins after
   * @param limit how many tags of invalidations it holds
   */
  MissedList(long since, int limit) {
    this.since = since;
    this.limit = limit;
  }

  /** The revision after which nothing that was added is left out. */
  long since() {
    return since;
  }

  /** Adds what happened to a tag, before those that were added. */
  void add(String tag, Marks ofTag) {
    int cost = cost(tag);
    for (int i = ofTag.firstAfter(since); i < ofTag.size(); i++) {
      found
          .computeIfAbsent(ofTag.revision(i), revision -> new TreeMap<>())
          .computeIfAbsent(ofTag.deadline(i), deadline -> new ArrayList<>())
          .addFirst(tag);
      marks++;
      bytes += cost;
    }
    while (marks > limit || bytes > MAX_BYTES) {
      forgetEarliest();
    }
  }

  /** The invalidations, ascending by revision. */
  List<Invalidation> invalidations() {
    var list = new ArrayList<Invalidation>();
    found.forEach((revision, byDeadline) ->
        byDeadline.forEach((deadline, tags) ->
            list.add(new Invalidation(new Revision(revision), TagSet.of(tags), deadline))));
    return List.copyOf(list);
  }

  private void forgetEarliest() {
    Map.Entry<Long, Map<Long, List<String>>> earliest = found.pollFirstEntry();
    since = earliest.getKey();
    for (List<String> tags : earliest.getValue().values()) {
      marks -= tags.size();
      bytes -= tags.stream().mapToLong(MissedList::cost).sum();
    }
  }

  private static int cost(String tag) {
    return tag.getBytes(UTF_8).length + BESIDE_TEXT;
  }
}
