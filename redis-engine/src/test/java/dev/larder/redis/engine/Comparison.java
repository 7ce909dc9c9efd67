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
  /** A cursor, and items in any order; both are at the end if all was shown. */
  SCAN {
    @Override
    boolean same(Reply ours, Reply theirs) {
      return UNORDERED.same(shown(ours), shown(theirs));
    }
  },
  /** As {@link #SCAN}, of pairs. */
  SCANPAIRS {
    @Override
    boolean same(Reply ours, Reply theirs) {
      return PAIRS.same(shown(ours), shown(theirs));
    }
  },
  /** As {@link #EXACT}, but for times: of deliveries, and since somebody was seen. */
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
        boolean time = i == delivered || (i % 2 == 1 && isTime(left.get(i - 1)));
        if (!(time ? near(left.get(i), right.get(i)) : same(left.get(i), right.get(i)))) {
          return false;
        }
      }
      return true;
    }

    private static boolean near(Reply ours, Reply theirs) {
      return ours instanceof Reply.Int(long left)
          && theirs instanceof Reply.Int(long right)
          && Math.abs(left - right) < 60_000;
    }

    private static boolean isIdentifier(Reply reply) {
      return reply instanceof Reply.BulkString(Bytes text) && text.toString().matches("\\d+-\\d+");
    }

    private static boolean isTime(Reply reply) {
      return reply instanceof Reply.BulkString(Bytes text)
          && (text.is("idle") || text.is("seen-time"));
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

  private static Reply shown(Reply reply) {
    return reply instanceof Reply.Array(var items) && items.size() == 2 ? items.get(1) : reply;
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
