package dev.larder.redis.engine.data;

import dev.larder.redis.engine.resp.Bytes;
import java.util.random.RandomGenerator;

/**
 * Members, in no order.
 *
 * <p>Adding, removing and asking take constant time on average. Members are kept in the order in
 * which they were added, which no command promises. A set weighs 200 bytes, and 64 for each member
 * beside its own.
 */
public final class SetValue extends Value {
  private static final int OVERHEAD = 64;

  private final Dict<Boolean> members = new Dict<>();
  private long weight;

  /** The members, which are changed through this class only. */
  public Dict<Boolean> members() {
    return members;
  }

  /** How many members there are. */
  public int size() {
    return members.size();
  }

  /** True if it is a member. */
  public boolean contains(Bytes member) {
    return members.contains(member);
  }

  /** Adds a member; true if it was none. */
  public boolean add(Bytes member) {
    if (members.put(member, Boolean.TRUE) != null) {
      return false;
    }
    weight += OVERHEAD + member.length();
    return true;
  }

  /** Removes a member; true if it was one. */
  public boolean remove(Bytes member) {
    if (members.remove(member) == null) {
      return false;
    }
    weight -= OVERHEAD + member.length();
    return true;
  }

  /** A member by chance. */
  public Bytes sample(RandomGenerator random) {
    return members.sample(random);
  }

  @Override
  public String type() {
    return "set";
  }

  @Override
  public long weight() {
    return 200 + weight;
  }

  @Override
  public boolean isEmpty() {
    return members.isEmpty();
  }

  @Override
  public SetValue copy() {
    var copy = new SetValue();
    members.forEach((member, yes) -> copy.add(member));
    return copy;
  }
}
