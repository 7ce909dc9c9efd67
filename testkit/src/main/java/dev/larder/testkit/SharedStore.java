package dev.larder.testkit;

import dev.larder.core.CacheKey;
import dev.larder.core.Invalidation;
import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.spi.EntryStore;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.LeaseEvent;
import dev.larder.core.spi.SharedLeases;
import dev.larder.core.spi.Store.NamespaceStore;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * One namespace in memory that many servers share: entries are seen by all at once, invalidations
 * by who appends them or catches up, and a lease is held by one server at a time.
 */
public final class SharedStore {
  private final InstantSource clock;
  private final EntryStore entries;
  private final StoreIdentity identity;
  private final long leaseMillis;
  private final List<Invalidation> happened = new ArrayList<>();
  private final Map<CacheKey, Held> held = new HashMap<>();
  private final List<Server> servers = new ArrayList<>();

  /**
   * An empty namespace.
   *
   * @param leaseMillis how long a lease lasts after its grant or renewal, in ms
   */
  public SharedStore(InstantSource clock, RandomGenerator random, long leaseMillis) {
    this.clock = clock;
    this.leaseMillis = leaseMillis;
    this.identity = StoreIdentity.born(random);
    this.entries =
        new MemoryStore(clock, random)
            .open(new Namespace("shared"))
            .toCompletableFuture()
            .join()
            .entries();
  }

  /** The namespace as one more server sees it. */
  public synchronized Server join() {
    var server = new Server();
    servers.add(server);
    return server;
  }

  /** Who has a lease, and until when. */
  private record Held(long lease, Server server, Revision asOf, long until) {}

  /** One server's view. */
  public final class Server {
    private final Leases leases = new Leases();
    private final Log log = new Log();
    private Consumer<LeaseEvent> listener = event -> {};
    private boolean gone;
    private boolean deaf;

    private Server() {}

    /** What an engine is opened over. */
    public NamespaceStore opened() {
      return new NamespaceStore(entries, log, leases, clock);
    }

    /** The server is gone: its leases are anybody's. */
    public void leave() {
      synchronized (SharedStore.this) {
        gone = true;
        servers.remove(this);
      }
    }

    /** The server receives an event, again or late. */
    public void hear(LeaseEvent event) {
      listener.accept(event);
    }

    /** From now on no event reaches this server. */
    public void deafen() {
      deaf = true;
    }

    private final class Log implements InvalidationLog {
      private Consumer<Invalidation> follower = invalidation -> {};
      private int notified;

      @Override
      public StoreIdentity identity() {
        return identity;
      }

      @Override
      public History follow(Consumer<Invalidation> subscriber) {
        synchronized (SharedStore.this) {
          follower = subscriber;
          notified = happened.size();
          return new History(Optional.empty(), List.copyOf(happened));
        }
      }

      @Override
      public CompletionStage<Void> catchUp() {
        synchronized (SharedStore.this) {
          for (; notified < happened.size(); notified++) {
            follower.accept(happened.get(notified));
          }
          return CURRENT;
        }
      }

      @Override
      public CompletionStage<Invalidation> append(TagSet tags, long expire) {
        synchronized (SharedStore.this) {
          var invalidation =
              new Invalidation(
                  new Revision(happened.size() + 1L),
                  tags,
                  Invalidation.deadline(expire, clock.millis()));
          happened.add(invalidation);
          catchUp();
          return CompletableFuture.completedStage(invalidation);
        }
      }

      @Override
      public CompletionStage<Void> compact(Revision upTo, byte[] snapshot) {
        return CURRENT;
      }
    }

    private final class Leases implements SharedLeases {
      @Override
      public CompletionStage<Boolean> claim(
          CacheKey key, long lease, Revision asOf, Revision usefulFrom) {
        synchronized (SharedStore.this) {
          Held now = held.get(key);
          boolean free =
              now == null
                  || now.server == Server.this
                  || now.server.gone
                  || usefulFrom.isAfter(now.asOf)
                  || now.until <= clock.millis();
          if (free) {
            held.put(key, new Held(lease, Server.this, asOf, clock.millis() + leaseMillis));
          }
          return CompletableFuture.completedStage(free);
        }
      }

      @Override
      public CompletionStage<Optional<Revision>> adopt(CacheKey key, long lease) {
        synchronized (SharedStore.this) {
          Held now = held.get(key);
          if (now == null || now.lease != lease || now.until <= clock.millis()) {
            return CompletableFuture.completedStage(Optional.empty());
          }
          held.put(key, new Held(lease, Server.this, now.asOf, clock.millis() + leaseMillis));
          return CompletableFuture.completedStage(Optional.of(now.asOf));
        }
      }

      @Override
      public CompletionStage<Boolean> abandon(CacheKey key, long lease) {
        return end(key, lease, true, new LeaseEvent.Ended(key, lease));
      }

      @Override
      public CompletionStage<Boolean> release(CacheKey key, long lease) {
        return end(key, lease, false, new LeaseEvent.Ended(key, lease));
      }

      @Override
      public CompletionStage<Boolean> unshareable(CacheKey key, long lease) {
        return end(key, lease, false, new LeaseEvent.Unshareable(key, lease));
      }

      private CompletionStage<Boolean> end(
          CacheKey key, long lease, boolean onlyMine, LeaseEvent event) {
        boolean ends;
        synchronized (SharedStore.this) {
          Held now = held.get(key);
          ends = now != null && now.lease == lease && (!onlyMine || now.server == Server.this);
          if (ends) {
            held.remove(key);
          }
        }
        if (ends) {
          tell(event);
        }
        return CompletableFuture.completedStage(ends);
      }

      @Override
      public void stored(CacheKey key, long lease, Revision revision) {
        boolean leased;
        long ended = 0;
        synchronized (SharedStore.this) {
          Held now = held.get(key);
          leased = now != null;
          if (now != null && (now.lease == lease || !now.asOf.isAfter(revision))) {
            held.remove(key);
            ended = now.lease;
          }
        }
        if (leased) {
          tell(new LeaseEvent.EntryStored(key, ended));
        }
      }

      @Override
      public void listen(Consumer<LeaseEvent> to) {
        listener = to;
      }
    }
  }

  private void tell(LeaseEvent event) {
    List<Server> all;
    synchronized (this) {
      all = List.copyOf(servers);
    }
    for (Server server : all) {
      if (!server.deaf) {
        server.listener.accept(event);
      }
    }
  }
}
