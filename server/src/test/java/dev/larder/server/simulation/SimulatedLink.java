package dev.larder.server.simulation;

import dev.larder.testkit.ManualTime;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * One connection: the messages that are sent arrive late and in order, as bytes, until the
 * connection is cut. It may be cut so that both sides notice, or so that neither does.
 */
final class SimulatedLink {
  private final ManualTime time;
  private final Random random;
  private final Map<Side, End> ends = new EnumMap<>(Side.class);
  private final Map<Side, Long> lastArrival = new EnumMap<>(Side.class);

  /** The sides that know it is over. */
  private final Set<Side> gone = EnumSet.noneOf(Side.class);

  /** The sides nothing arrives at any more. */
  private final Set<Side> deaf = EnumSet.noneOf(Side.class);

  SimulatedLink(ManualTime time, Random random) {
    this.time = time;
    this.random = random;
  }

  enum Side {
    CLIENT,
    SERVER;

    Side other() {
      return this == CLIENT ? SERVER : CLIENT;
    }
  }

  /** Who is at one side. */
  interface End {
    void received(ByteBuffer message);

    /** The other side is gone, as far as this side can tell. */
    void closed();
  }

  void attach(Side side, End end) {
    ends.put(side, end);
  }

  /** True as long as nothing happened to it. */
  boolean healthy() {
    return gone.isEmpty() && deaf.isEmpty();
  }

  void send(Side from, ByteBuffer message) {
    if (!gone.contains(from)) {
      arrive(from.other(), () -> end(from.other()).received(message));
    }
  }

  /** One side ends it, and the other learns it if anything still arrives there. */
  void close(Side by) {
    if (gone.add(by)) {
      arrive(by.other(), () -> tellClosed(by.other()));
    }
  }

  /** Loses everything under way; both sides notice soon. */
  void reset() {
    for (Side side : Side.values()) {
      deaf.add(side);
      time.after(random.nextInt(50), () -> tellClosed(side));
    }
  }

  /** Loses everything sent to these sides from now on; nobody learns it. */
  void silence(Set<Side> sides) {
    deaf.addAll(sides);
  }

  private void arrive(Side at, Runnable arrival) {
    long delay = random.nextInt(50) == 0 ? random.nextInt(800) : 1 + random.nextInt(15);
    long moment = Math.max(lastArrival.getOrDefault(at, 0L), time.millis() + delay);
    lastArrival.put(at, moment);
    time.after(
        moment - time.millis(),
        () -> {
          if (!gone.contains(at) && !deaf.contains(at)) {
            arrival.run();
          }
        });
  }

  private void tellClosed(Side side) {
    if (gone.add(side)) {
      end(side).closed();
    }
  }

  private End end(Side side) {
    return ends.getOrDefault(side, NOBODY);
  }

  private static final End NOBODY =
      new End() {
        @Override
        public void received(ByteBuffer message) {}

        @Override
        public void closed() {}
      };
}
