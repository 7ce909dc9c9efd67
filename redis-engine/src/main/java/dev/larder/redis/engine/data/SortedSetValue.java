package dev.larder.redis.engine.data;

import dev.larder.redis.engine.resp.Bytes;
import java.util.List;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Members with scores, sorted by them.
 *
 * <p>A table finds the score of a member in constant time; a {@link Ranking} finds ranks and
 * ranges. Both hold the same objects, and this class keeps them the same. It weighs 300 bytes, and
 * 112 for each member beside its own.
 */
public final class SortedSetValue extends Value {
  private static final int OVERHEAD = 112;

  private final Dict<Scored> members = new Dict<>();
  private final Ranking ranking = new Ranking();
  private long weight;

  /** The members, which are changed through this class only. */
  public Dict<Scored> members() {
    return members;
  }

  /** How many members there are. */
  public int size() {
    return members.size();
  }

  /** The member with its score, or null. */
  public @Nullable Scored get(Bytes member) {
    return members.get(member);
  }

  /**
   * Sets the score of a member; true if it was none.
   *
   * <p>A new score moves the member in the order.
   *
   * @param score any number but NaN
   */
  public boolean put(Bytes member, double score) {
    var entry = new Scored(member, score);
    Scored old = members.put(member, entry);
    if (old == null) {
      weight += OVERHEAD + member.length();
    } else {
      ranking.remove(old);
    }
    ranking.add(entry);
    return old == null;
  }

  /** Removes a member; true if it was one. */
  public boolean remove(Bytes member) {
    Scored old = members.remove(member);
    if (old == null) {
      return false;
    }
    ranking.remove(old);
    weight -= OVERHEAD + member.length();
    return true;
  }

  /**
   * How many are before the first of which the condition holds; it holds for all after it.
   *
   * @param condition false up to a member and true from there on, in the order of the set
   */
  public int rank(Predicate<Scored> condition) {
    return ranking.rank(condition);
  }

  /** The members from one rank up to another, excluded. */
  public List<Scored> range(int from, int to) {
    return ranking.range(from, to);
  }

  /** A member by chance. */
  public Bytes sample(RandomGenerator random) {
    return members.sample(random);
  }

  @Override
  public String type() {
    return "zset";
  }

  @Override
  public long weight() {
    return 300 + weight;
  }

  @Override
  public boolean isEmpty() {
    return members.isEmpty();
  }

  @Override
  public SortedSetValue copy() {
    var copy = new SortedSetValue();
    members.forEach((member, entry) -> copy.put(member, entry.score()));
    return copy;
  }
}
