package dev.larder.core.spi;

import dev.larder.core.Namespace;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Where entries and invalidations live. */
public interface Store extends AutoCloseable {
  /**
   * The namespace of that name, created if it does not exist. Fails with a {@link StoreException}
   * if it cannot be opened.
   */
  CompletionStage<NamespaceStore> open(Namespace namespace);

  /** Every namespace that exists, by name. */
  CompletionStage<List<Namespace>> namespaces();

  /**
   * Deletes a namespace: its entries, its invalidations and its identity. What was opened of it
   * before is no longer used.
   *
   * @return completes with false if there is none
   */
  CompletionStage<Boolean> delete(Namespace namespace);

  /**
   * Which of some namespaces, in which this server sees nothing, hold nothing of other servers
   * either: no invalidation and no entry. A store that is shared looks at all its keys for that,
   * which may take minutes; no request waits for it.
   */
  default CompletionStage<Set<Namespace>> empty(Set<Namespace> unused) {
    return CompletableFuture.completedStage(unused);
  }

  /** What is to be told outside; empty unless the store was opened to keep that. */
  default Optional<Outbox> outbox() {
    return Optional.empty();
  }

  /**
   * A text that the servers of this store share; empty unless the store is shared.
   *
   * @param name which one, such as {@code tokens}: small letters, with colons between words
   */
  default Optional<SharedText> text(String name) {
    return Optional.empty();
  }

  /** False while operations cannot succeed. */
  boolean ready();

  /** Ends all work and releases everything held. */
  @Override
  void close();

  /**
   * The parts of a namespace.
   *
   * @param entries its entries
   * @param log its invalidations
   * @param leases its leases, as servers share them
   * @param clock the one clock for its ages and deadlines
   */
  record NamespaceStore(
      EntryStore entries, InvalidationLog log, SharedLeases leases, InstantSource clock) {}
}
