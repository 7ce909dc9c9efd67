package dev.larder.server.access;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Those who have signed in with a browser: each is known by a random id, which the browser presents
 * in place of the token. They are in memory only, and end when nobody has used them for a while,
 * when they are signed out, and with the token they were opened with.
 *
 * <p>Safe for use by many threads. What is to happen at an end runs on the thread that caused it.
 */
final class LoginSessions {
  /** How many there may be; one more ends the one that was not used for longest. */
  static final int MOST = 256;

  /** How long one may be idle, in ms. */
  static final long IDLE = 8 * 3_600_000L;

  /** How many bytes an id has: 128 bits, as nobody guesses them. */
  private static final int BYTES = 16;

  private final InstantSource clock;
  private final RandomGenerator random;

  /** By id, the one that was not used for longest first. */
  private final Map<String, Open> open = new LinkedHashMap<>(16, 0.75f, true);

  /** One that has not ended. */
  private static final class Open {
    private final Principal principal;
    private final List<Runnable> endings = new ArrayList<>();
    private long used;

    private Open(Principal principal, long used) {
      this.principal = principal;
      this.used = used;
    }
  }

  /**
   * None yet.
   *
   * @param random where ids come from: one that nobody can foresee
   */
  LoginSessions(InstantSource clock, RandomGenerator random) {
    this.clock = clock;
    this.random = random;
  }

  /** The id of a new one, in characters a cookie may have. */
  String open(Principal principal) {
    var bytes = new byte[BYTES];
    List<Runnable> endings = new ArrayList<>();
    String id;
    synchronized (this) {
      random.nextBytes(bytes);
      id = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
      while (open.size() >= MOST) {
        endings.addAll(remove(open.keySet().iterator().next()));
      }
      open.put(id, new Open(principal, clock.millis()));
    }
    endings.forEach(Runnable::run);
    return id;
  }

  /** Whose it is, and uses it; empty if there is none, or it was idle for too long. */
  synchronized Optional<Principal> use(String id) {
    Optional<Open> found = Optional.ofNullable(open.get(id)).filter(each -> !isIdle(each));
    found.ifPresent(session -> session.used = clock.millis());
    return found.map(session -> session.principal);
  }

  /**
   * Runs {@code ending} when one ends; at once if there is none.
   *
   * @return forgets that
   */
  Runnable onEnd(String id, Runnable ending) {
    synchronized (this) {
      Open session = open.get(id);
      if (session != null) {
        session.endings.add(ending);
        return () -> forget(session, ending);
      }
    }
    ending.run();
    return () -> {};
  }

  /** Ends one, if there is one. */
  void end(String id) {
    List<Runnable> endings;
    synchronized (this) {
      endings = remove(id);
    }
    endings.forEach(Runnable::run);
  }

  /** Ends those that were idle for too long: called now and then. */
  void endIdle() {
    List<Runnable> endings = new ArrayList<>();
    synchronized (this) {
      List<String> idle =
          open.entrySet().stream()
              .filter(each -> isIdle(each.getValue()))
              .map(Map.Entry::getKey)
              .toList();
      idle.forEach(id -> endings.addAll(remove(id)));
    }
    endings.forEach(Runnable::run);
  }

  private boolean isIdle(Open session) {
    return clock.millis() - session.used >= IDLE;
  }

  private List<Runnable> remove(String id) {
    Open removed = open.remove(id);
    return removed == null ? List.of() : List.copyOf(removed.endings);
  }

  private synchronized void forget(Open session, Runnable ending) {
    session.endings.remove(ending);
  }
}
