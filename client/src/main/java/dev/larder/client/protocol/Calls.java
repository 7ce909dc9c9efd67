package dev.larder.client.protocol;

import dev.larder.core.wire.Request;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** The requests of a conversation that the server has not answered. */
final class Calls {
  private final Map<Integer, Pending> pending = new LinkedHashMap<>();

  /** Those somebody waits for, the one that is late first in front. */
  private final TreeSet<Pending> waiting =
      new TreeSet<>(
          Comparator.comparingLong(Pending::deadline).thenComparingInt(each -> each.call().id()));

  private int lastId;

  /** Whom an answer is for. */
  enum Asker {
    /** Whoever asked. */
    OWNER,
    /** The conversation itself. */
    CONVERSATION,
    /** Nobody any more. */
    NOBODY
  }

  /**
   * A call without an answer.
   *
   * @param deadline when it is given up, in ms
   */
  record Pending(Call call, Asker asker, long deadline) {}

  /** A call under a fresh id. */
  Call next(Request request, long now) {
    do {
      lastId++;
    } while (lastId == 0 || pending.containsKey(lastId));
    return new Call(lastId, request, now);
  }

  /** Expects an answer. */
  void add(Call call, Asker asker, long deadline) {
    var added = new Pending(call, asker, deadline);
    pending.put(call.id(), added);
    if (asker == Asker.OWNER) {
      waiting.add(added);
    }
  }

  /** The call of that id, which is answered. */
  Optional<Pending> answered(int id) {
    Optional<Pending> answered = Optional.ofNullable(pending.remove(id));
    answered.ifPresent(waiting::remove);
    return answered;
  }

  /** From now on nobody waits for an answer to that call; false if nobody does. */
  boolean giveUp(Call call) {
    Pending given = pending.get(call.id());
    if (given == null || given.asker() != Asker.OWNER) {
      return false;
    }
    waiting.remove(given);
    pending.put(call.id(), new Pending(given.call(), Asker.NOBODY, Long.MAX_VALUE));
    return true;
  }

  /** The calls that are late at that moment. */
  List<Call> late(long now) {
    var late = new ArrayList<Call>();
    for (Pending call : waiting) {
      if (call.deadline() > now) {
        break;
      }
      late.add(call.call());
    }
    return late;
  }

  /** When the next call is late, in ms; {@link Long#MAX_VALUE} if there is none. */
  long nextDeadline() {
    return waiting.isEmpty() ? Long.MAX_VALUE : waiting.first().deadline();
  }

  /** True if no answer is expected, not even one that nobody waits for. */
  boolean isEmpty() {
    return pending.isEmpty();
  }

  /** Expects no answer any more; the calls somebody waited for, in the order they were asked. */
  List<Call> clear() {
    List<Call> lost =
        pending.values().stream()
            .filter(each -> each.asker() == Asker.OWNER)
            .map(Pending::call)
            .toList();
    pending.clear();
    waiting.clear();
    return lost;
  }
}
