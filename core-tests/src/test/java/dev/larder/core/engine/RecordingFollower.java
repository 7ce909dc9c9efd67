package dev.larder.core.engine;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.Revision;
import dev.larder.testkit.Entries;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A follower that writes down what it receives. */
class RecordingFollower implements Follower {
  private final CacheKey key;
  private final Caller caller;
  private final List<String> received = new CopyOnWriteArrayList<>();
  private volatile long lease;
  private volatile Revision usefulFrom = Revision.ZERO;

  RecordingFollower(CacheKey key, Caller caller) {
    this.key = key;
    this.caller = caller;
  }

  /** What it received so far: an entry's text, {@code promoted} or {@code spent}. */
  List<String> received() {
    return received;
  }

  /** The lease it was promoted with; 0 if it was not. */
  long lease() {
    return lease;
  }

  @Override
  public CacheKey key() {
    return key;
  }

  @Override
  public Caller caller() {
    return caller;
  }

  @Override
  public Revision usefulFrom() {
    return usefulFrom;
  }

  /** From now on what began before that revision is of no use to it. */
  void needs(Revision revision) {
    usefulFrom = revision;
  }

  @Override
  public void arrived(CacheEntry entry) {
    received.add(Entries.text(entry));
  }

  @Override
  public void promoted(long granted) {
    lease = granted;
    received.add("promoted");
  }

  @Override
  public void spent() {
    received.add("spent");
  }
}
