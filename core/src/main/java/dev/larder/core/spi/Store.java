package dev.larder.core.spi;

import dev.larder.core.Namespace;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Where entries and invalidations live. */
public interface Store extends AutoCloseable {
  /**
   * The namespace of that name, created if it does not exist. Fails with a {@link StoreException}
   * if it cannot be opened.
   */
  CompletionStage<NamespaceStore> open(Namespace namespace);

  /** Every namespace that exists, by name. */
  List<Namespace> namespaces();

  /**
   * Deletes a namespace: its entries, its invalidations and its identity. What was opened of it
   * before is no longer used.
   *
   * @return completes with false if there is none
   */
  CompletionStage<Boolean> delete(Namespace namespace);

  /** The one clock for ages and deadlines. */
  InstantSource clock();

  /** Ends all work and releases everything held. */
  @Override
  void close();

  /**
   * The two halves of a namespace.
   *
   * @param entries its entries
   * @param log its invalidations
   */
  record NamespaceStore(EntryStore entries, InvalidationLog log) {}
}
