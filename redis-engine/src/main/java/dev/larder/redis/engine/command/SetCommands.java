package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.FAST;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.SetValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Sets: members under one key.
 *
 * <p>SADD, SREM, SISMEMBER, SMISMEMBER, SCARD, SMEMBERS, SMOVE, SPOP, SRANDMEMBER and SSCAN. A set
 * without members is removed with its key. Members are shown in the order in which they were added,
 * which nobody should rely on.
 *
 * <p>SPOP is journalled as SREM of the members that chance has chosen, everything else as it was
 * sent. A member counts 64 bytes beside its own.
 */
final class SetCommands {
  private static final Bytes SREM = Bytes.of("SREM");

  private SetCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> read = Set.of(READ);
    Set<Flag> fast = Set.of(READ, FAST);
    Set<Flag> write = Set.of(WRITE);
    var key = KeyPositions.FIRST;
    table.add("sadd", -3, Set.of(WRITE, DENY_OOM), key, SetCommands::add);
    table.add("srem", -3, write, key, SetCommands::remove);
    table.add("sismember", 3, fast, key, SetCommands::isMember);
    table.add("smismember", -3, fast, key, SetCommands::areMembers);
    table.add("scard", 2, fast, key, SetCommands::card);
    table.add("smembers", 2, read, key, SetCommands::members);
    table.add("smove", 4, write, KeyPositions.range(1, 2, 1), SetCommands::move);
    table.add("spop", -2, write, key, SetCommands::pop);
    table.add("srandmember", -2, read, key, SetCommands::randMember);
    table.add("sscan", -3, read, key, SetCommands::scan);
  }

  /**
   * SADD key member [member …].
   *
   * @return how many were none before
   */
  private static Reply add(Call call) {
    SetValue set = call.set(call.arg(1));
    if (set == null) {
      set = new SetValue();
      call.keys().put(call.arg(1), set);
    }
    int added = 0;
    for (int i = 2; i < call.size(); i++) {
      added += set.add(call.arg(i)) ? 1 : 0;
    }
    if (added > 0) {
      call.keys().changed(call.arg(1), set);
    }
    return Reply.of(added);
  }

  /**
   * SREM key member [member …].
   *
   * @return how many were members
   */
  private static Reply remove(Call call) {
    SetValue set = call.set(call.arg(1));
    if (set == null) {
      return Reply.ZERO;
    }
    int removed = 0;
    for (int i = 2; i < call.size(); i++) {
      removed += set.remove(call.arg(i)) ? 1 : 0;
    }
    if (removed > 0) {
      call.keys().changed(call.arg(1), set);
    }
    return Reply.of(removed);
  }

  private static Reply isMember(Call call) {
    SetValue set = call.set(call.arg(1));
    return Reply.of(set != null && set.contains(call.arg(2)));
  }

  /** SMISMEMBER key member [member …]: one or zero for each. */
  private static Reply areMembers(Call call) {
    SetValue set = call.set(call.arg(1));
    var answers = new ArrayList<Reply>();
    for (int i = 2; i < call.size(); i++) {
      answers.add(Reply.of(set != null && set.contains(call.arg(i))));
    }
    return Reply.of(answers);
  }

  private static Reply card(Call call) {
    SetValue set = call.set(call.arg(1));
    return Reply.of(set == null ? 0 : set.size());
  }

  /** SMEMBERS key, in time that grows with the set. */
  private static Reply members(Call call) {
    SetValue set = call.set(call.arg(1));
    return set == null ? Reply.EMPTY_ARRAY : Reply.ofStrings(List.of(set.members().keys()));
  }

  /**
   * SMOVE source destination member.
   *
   * @return 1 if it was moved, 0 if it was no member of the source
   */
  private static Reply move(Call call) {
    SetValue from = call.set(call.arg(1));
    if (from == null) {
      return Reply.ZERO;
    }
    SetValue to = call.set(call.arg(2));
    Bytes member = call.arg(3);
    if (from == to) {
      return Reply.of(from.contains(member));
    }
    if (!from.remove(member)) {
      return Reply.ZERO;
    }
    call.keys().changed(call.arg(1), from);
    if (to == null) {
      to = new SetValue();
      call.keys().put(call.arg(2), to);
    }
    to.add(member);
    call.keys().changed(call.arg(2), to);
    return Reply.ONE;
  }

  /**
   * SPOP key [count], each subset of the members with the same probability.
   *
   * @return one member or nil without a count, an array with one
   */
  private static Reply pop(Call call) {
    if (call.size() > 3) {
      throw CommandException.syntax();
    }
    boolean one = call.size() == 2;
    long count = one ? 1 : call.count(2);
    SetValue set = call.set(call.arg(1));
    if (set == null || count == 0) {
      return one ? Reply.NIL : Reply.EMPTY_ARRAY;
    }
    List<Bytes> chosen =
        one
            ? List.of(set.sample(call.random()))
            : Sampling.distinct(set.members(), count, call.random());
    var effect = new ArrayList<Bytes>(List.of(SREM, call.arg(1)));
    for (Bytes member : chosen) {
      set.remove(member);
      effect.add(member);
    }
    call.keys().changed(call.arg(1), set);
    call.log(effect.toArray(Bytes[]::new));
    return one ? Reply.of(chosen.getFirst()) : Reply.ofStrings(chosen);
  }

  /** SRANDMEMBER key [count]. A negative count lets members repeat. */
  private static Reply randMember(Call call) {
    var options = Sampling.read(call, "");
    SetValue set = call.set(call.arg(1));
    return set == null
        ? options.ofNothing()
        : options.of(set.members(), (shown, member) -> {}, call.random());
  }

  /** SSCAN key cursor [MATCH pattern] [COUNT count]. */
  private static Reply scan(Call call) {
    return ScanCommands.scanInside(call, Call::set, SetValue::members, (found, yes) -> {}, 0);
  }
}
