package dev.larder.server.session;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Everything a server serves at the moment, and how it ends when the server stops.
 *
 * <p>Safe for use by many threads. First everybody is asked to leave; what is left after a while is
 * ended by force.
 */
public final class Drain {
  private final Set<Participant> present = ConcurrentHashMap.newKeySet();
  private final CompletableFuture<Void> gone = new CompletableFuture<>();
  private volatile boolean begun;

  /** A connection or request that is served. */
  public final class Participant {
    private final Runnable leave;
    private final Runnable dismiss;

    private Participant(Runnable leave, Runnable dismiss) {
      this.leave = leave;
      this.dismiss = dismiss;
    }

    /** It has ended. */
    public void done() {
      present.remove(this);
      completeIfGone();
    }
  }

  /**
   * Adds a connection or request.
   *
   * <p>Either may run on any thread, and {@code leave} twice if the drain begins at that moment.
   *
   * @param leave asks it to end once what was asked is answered; run at once if the drain has begun
   * @param dismiss ends it as it is
   */
  public Participant register(Runnable leave, Runnable dismiss) {
    var participant = new Participant(leave, dismiss);
    present.add(participant);
    if (begun) {
      leave.run();
    }
    return participant;
  }

  /** Adds one that ends by itself. */
  public Participant register() {
    return register(() -> {}, () -> {});
  }

  /** True once the server is to stop. */
  public boolean begun() {
    return begun;
  }

  /**
   * Asks everything to end, and whatever comes from now on.
   *
   * @return completes when nothing is left
   */
  public CompletionStage<Void> begin() {
    begun = true;
    present.forEach(participant -> participant.leave.run());
    completeIfGone();
    return gone;
  }

  /**
   * Ends what is left, as it is.
   *
   * <p>May be called more than once.
   */
  public void force() {
    present.forEach(participant -> participant.dismiss.run());
  }

  private void completeIfGone() {
    if (begun && present.isEmpty()) {
      gone.complete(null);
    }
  }
}
