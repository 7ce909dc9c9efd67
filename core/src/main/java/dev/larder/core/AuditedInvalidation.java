package dev.larder.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;

/**
 * What a log remembers of an invalidation for people: it was acknowledged, or would have been.
 *
 * <p>Of very many tags, or very long ones, only the first are remembered: a record is bounded in
 * bytes, so that the audit is.
 *
 * @param invalidation what was invalidated, with the first of its tags
 * @param moreTags how many tags it had beside these
 * @param at when, in ms of the store's clock
 * @param source who did it
 */
public record AuditedInvalidation(
    Invalidation invalidation, int moreTags, long at, InvalidationSource source) {
  /** How many of a namespace are remembered, the latest. */
  public static final int KEPT = 10_000;

  /** How many bytes of UTF-8 the tags of a record may have together; the longest tag fits. */
  public static final int TAG_BYTES = TagSet.MAX_TAG_BYTES;

  /** What is remembered of an invalidation with all its tags. */
  public static AuditedInvalidation of(
      Invalidation invalidation, long at, InvalidationSource source) {
    TagSet first = firstOf(invalidation.tags());
    return new AuditedInvalidation(
        new Invalidation(invalidation.revision(), first, invalidation.expiresAt()),
        invalidation.tags().size() - first.size(),
        at,
        source);
  }

  /** The first of these tags, as many as a record remembers. */
  public static TagSet firstOf(TagSet tags) {
    int bytes = 0;
    List<String> first = new ArrayList<>();
    for (String tag : tags) {
      bytes += tag.getBytes(UTF_8).length;
      if (bytes > TAG_BYTES) {
        return TagSet.of(first);
      }
      first.add(tag);
    }
    return tags;
  }
}
