package dev.larder.redis.engine.command;

import dev.larder.redis.engine.data.Dict;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;

/**
 * What HRANDFIELD, SRANDMEMBER and ZRANDMEMBER are asked for: one, several, or some more than once.
 *
 * <p>A positive count wants as many as there are at most, each once; a negative one wants exactly
 * as many, with repetitions. Redis says it so. Since what is answered is not written anywhere,
 * chance needs no journal here.
 *
 * @param one whether no count was said, and the reply is no array
 * @param count how many are wanted; negative if they may repeat
 * @param withValues whether each is shown with its value or score
 */
record Sampling(boolean one, long count, boolean withValues) {
  /** How many may be asked for that repeat, so that the reply has a bound. */
  private static final long MOST = 10_000_000;

  /**
   * Reads the count, and the word after it.
   *
   * @param withValues that word, or no characters if none is allowed
   * @throws CommandException if the count is none, or more than 10 million repetitions are wanted
   */
  static Sampling read(Call call, String withValues) {
    if (call.size() == 2) {
      return new Sampling(true, 1, false);
    }
    if (withValues.isEmpty() && call.size() > 3) {
      throw CommandException.syntax();
    }
    long count = call.within(2, -Long.MAX_VALUE, Long.MAX_VALUE);
    if (call.size() > 4 || (call.size() == 4 && !call.is(3, withValues))) {
      throw CommandException.syntax();
    }
    boolean values = call.size() == 4;
    boolean tooMany = values && Math.abs(count) > Long.MAX_VALUE / 2;
    if (tooMany || count < -MOST) {
      throw CommandException.outOfRange();
    }
    return new Sampling(false, count, values);
  }

  /** The reply where there is no such key. */
  Reply ofNothing() {
    return one ? Reply.NIL : Reply.EMPTY_ARRAY;
  }

  /** Members of a table, with what {@code value} adds for each. */
  Reply of(Dict<?> members, BiConsumer<List<Reply>, Bytes> value, RandomGenerator random) {
    if (one) {
      return Reply.of(members.sample(random));
    }
    List<Bytes> chosen = count < 0 ? repeated(members, random) : distinct(members, count, random);
    var shown = new ArrayList<Reply>();
    for (Bytes member : chosen) {
      shown.add(Reply.of(member));
      if (withValues) {
        value.accept(shown, member);
      }
    }
    return Reply.of(shown);
  }

  /** As many as are wanted, each chosen anew; in constant time for each on average. */
  private List<Bytes> repeated(Dict<?> members, RandomGenerator random) {
    var chosen = new ArrayList<Bytes>();
    for (long i = count; i < 0; i++) {
      chosen.add(members.sample(random));
    }
    return chosen;
  }

  /**
   * Members that differ, each subset of them as likely as any other.
   *
   * <p>It is the shuffle of Fisher and Yates, ended after as many steps as are wanted, on a copy of
   * the keys: time and memory grow with the table. SPOP chooses by it, too.
   */
  static List<Bytes> distinct(Dict<?> members, long count, RandomGenerator random) {
    Bytes[] all = members.keys();
    int wanted = (int) Math.min(count, all.length);
    for (int i = 0; i < wanted; i++) {
      int other = i + random.nextInt(all.length - i);
      Bytes swapped = all[i];
      all[i] = all[other];
      all[other] = swapped;
    }
    return Arrays.asList(all).subList(0, wanted);
  }
}
