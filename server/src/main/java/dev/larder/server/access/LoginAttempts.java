package dev.larder.server.access;

import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * How often signing in has failed, by the address it was tried from: five times a minute are
 * enough. Safe for use by many threads.
 */
final class LoginAttempts {
  /** How many may fail in {@link #WINDOW}. */
  static final int MOST = 5;

  /** How long failures count, in ms. */
  static final long WINDOW = 60_000;

  /** How many addresses are told apart; beyond, the one that began to fail first is forgotten. */
  static final int ADDRESSES = 4096;

  private final InstantSource clock;

  /** By address, in the order of their first failure. */
  private final Map<String, Failures> failures = new LinkedHashMap<>();

  /**
   * Failures of one address.
   *
   * @param since when the first was, in ms
   * @param count how many there were since
   */
  private record Failures(long since, int count) {}

  LoginAttempts(InstantSource clock) {
    this.clock = clock;
  }

  /** In how many seconds one from there may try again; empty if it may now. */
  synchronized OptionalLong wait(String address) {
    Failures known = failures.get(address);
    if (known == null || known.count() < MOST) {
      return OptionalLong.empty();
    }
    long left = known.since() + WINDOW - clock.millis();
    return left <= 0 ? OptionalLong.empty() : OptionalLong.of((left + 999) / 1000);
  }

  /** One from there has failed. */
  synchronized void failed(String address) {
    long now = clock.millis();
    Failures known = failures.get(address);
    if (known != null && now - known.since() < WINDOW) {
      failures.put(address, new Failures(known.since(), known.count() + 1));
      return;
    }
    failures.remove(address);
    if (failures.size() >= ADDRESSES) {
      failures.remove(failures.keySet().iterator().next());
    }
    failures.put(address, new Failures(now, 1));
  }
}
