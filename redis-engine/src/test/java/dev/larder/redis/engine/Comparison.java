package dev.larder.redis.engine;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import dev.larder.redis.engine.resp.RespWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** When two replies are the same. */
public enum Comparison {
  /** Byte for byte. */
  EXACT {
    @Override
    boolean same(Reply ours, Reply theirs) {
      return Arrays.equals(RespWriter.bytesOf(ours), RespWriter.bytesOf(theirs));
    }
  },
  /** Arrays hold the same items in any order. */
  UNORDERED {
    @Override
    boolean same(Reply ours, Reply theirs) {
      return EXACT.same(sorted(ours, 1), sorted(theirs, 1));
    }
  },
  /** Arrays hold the same pairs in any order. */
  PAIRS {
    @Override
    boolean same(Reply ours, Reply theirs) {
      return EXACT.same(sorted(ours, 2), sorted(theirs, 2));
    }
  },
  /** Chance decides: the same type, and as many items. */
  SIZE {
    @Override
    boolean same(Reply ours, Reply theirs) {
      if (ours instanceof Reply.Array(var left) && theirs instanceof Reply.Array(var right)) {
        return left.size() == right.size();
      }
      return ours instanceof Reply.BulkString
          ? theirs instanceof Reply.BulkString
          : EXACT.same(ours, theirs);
    }
  },
  /** Nothing but the type. */
  SAME_TYPE {
    @Override
    boolean same(Reply ours, Reply theirs) {
      return ours.getClass() == theirs.getClass();
    }
  },
  /**
   * A cursor, and items in any order. How many are shown at once is up to who shows them: of who is
   * not at the end, all are among those of who is.
   */
  SCAN {
    @Override
    boolean same(Reply ours, Reply theirs) {
      return scanned(ours, theirs, 1);
    }
  },
  /** As {@link #SCAN}, of pairs. */
  SCANPAIRS {
    @Override
    boolean same(Reply ours, Reply theirs) {
      return scanned(ours, theirs, 2);
    }
  },
  /**
   * As {@link #EXACT}, but for times, of deliveries and since somebody was seen, and for how many
   * nodes a stream has: Redis keeps one of which XDEL and XTRIM together have left nothing.
   */
  IDLE {
    @Override
    boolean same(Reply ours, Reply theirs) {
      if (!(ours instanceof Reply.Array(var left) && theirs instanceof Reply.Array(var right))) {
        return EXACT.same(ours, theirs);
      }
      if (left.size() != right.size()) {
        return false;
      }
      // An identifier, maybe a consumer, a time, and how often it was delivered.
      int delivered =
          left.size() < 3 || left.size() > 4 || !isIdentifier(left.getFirst())
              ? -1
              : left.size() - 2;
      for (int i = 0; i < left.size(); i++) {
        boolean time = i == delivered || (i % 2 == 1 && is(left.get(i - 1), "idle|seen-time"));
        boolean nodes = i % 2 == 1 && is(left.get(i - 1), "radix-tree-(keys|nodes)");
        int apart = time ? 60_000 : nodes ? 2 : 0;
        boolean same =
            apart > 0 ? near(left.get(i), right.get(i), apart) : same(left.get(i), right.get(i));
        if (!same) {
          return false;
        }
      }
      return true;
    }

    private static boolean near(Reply ours, Reply theirs, long apart) {
      return ours instanceof Reply.Int(long left)
          && theirs instanceof Reply.Int(long right)
          && Math.abs(left - right) < apart;
    }

    private static boolean isIdentifier(Reply reply) {
      return is(reply, "\\d+-\\d+");
    }

    private static boolean is(Reply reply, String pattern) {
      return reply instanceof Reply.BulkString(Bytes text) && text.toString().matches(pattern);
    }
  },
  /** A time, which is a little later for the one that is asked later. */
  TIME {
    @Override
    boolean same(Reply ours, Reply theirs) {
      if (ours instanceof Reply.Int(long left) && theirs instanceof Reply.Int(long right)) {
        long apart = left > 10_000_000 ? 60_000 : 60;
        return left == right || (left > 0 && right > 0 && Math.abs(left - right) < apart);
      }
      return EXACT.same(ours, theirs);
    }
  };

  abstract boolean same(Reply ours, Reply theirs);

  private static boolean scanned(Reply ours, Reply theirs, int group) {
    if (!(ours instanceof Reply.Array(var left) && theirs instanceof Reply.Array(var right))
        || left.size() != 2
        || right.size() != 2) {
      return EXACT.same(ours, theirs);
    }
    boolean end = isEnd(left.getFirst());
    if (end && isEnd(right.getFirst())) {
      return EXACT.same(sorted(left.get(1), group), sorted(right.get(1), group));
    }
    List<Bytes> some = groups(right.get(1), group);
    List<Bytes> all = groups(left.get(1), group);
    return end ? all.containsAll(some) : !isEnd(right.getFirst()) || some.containsAll(all);
  }

  private static boolean isEnd(Reply cursor) {
    return cursor instanceof Reply.BulkString(Bytes text) && text.is("0");
  }

  private static List<Bytes> groups(Reply reply, int group) {
    return sorted(reply, group) instanceof Reply.Array(var groups)
        ? groups.stream().map(Comparison::written).toList()
        : List.of();
  }

  private static Reply sorted(Reply reply, int group) {
    if (!(reply instanceof Reply.Array(var items)) || items.size() % group != 0) {
      return reply;
    }
    var groups = new ArrayList<Reply>();
    for (int i = 0; i < items.size(); i += group) {
      groups.add(Reply.of(List.copyOf(items.subList(i, i + group))));
    }
    groups.sort((a, b) -> written(a).compareTo(written(b)));
    return Reply.of(groups);
  }

  private static Bytes written(Reply reply) {
    return Bytes.wrap(RespWriter.bytesOf(reply));
  }
}
