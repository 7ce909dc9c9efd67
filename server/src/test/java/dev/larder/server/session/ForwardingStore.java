package dev.larder.server.session;

import dev.larder.core.Namespace;
import dev.larder.core.spi.Store;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Asks another store for everything, but for what a test overrides. */
public abstract class ForwardingStore implements Store {
  private final Store store;

  /** Over the store that is asked. */
  protected ForwardingStore(Store store) {
    this.store = store;
  }

  @Override
  public CompletionStage<NamespaceStore> open(Namespace namespace) {
    return store.open(namespace);
  }

  @Override
  public CompletionStage<List<Namespace>> namespaces() {
    return store.namespaces();
  }

  @Override
  public CompletionStage<Boolean> delete(Namespace namespace) {
    return store.delete(namespace);
  }

  @Override
  public CompletionStage<Set<Namespace>> empty(Set<Namespace> unused) {
    return store.empty(unused);
  }

  @Override
  public boolean ready() {
    return store.ready();
  }

  @Override
  public void close() {
    store.close();
  }
}
