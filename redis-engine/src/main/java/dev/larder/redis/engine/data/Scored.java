package dev.larder.redis.engine.data;

import dev.larder.redis.engine.resp.Bytes;

/**
 * A member of a sorted set.
 *
 * @param member any bytes
 * @param score a number, maybe infinite
 */
public record Scored(Bytes member, double score) implements Comparable<Scored> {
  /**
   * By score, then by member.
   *
   * <p>Scores are numbers, never NaN, so this is a total order; zeros of either sign are equal.
   */
  @Override
  public int compareTo(Scored other) {
    return score < other.score ? -1 : score > other.score ? 1 : member.compareTo(other.member);
  }
}
