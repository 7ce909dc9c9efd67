package dev.larder.testkit;

import dev.larder.core.spi.InvalidationLog;

/**
 * What the log of a store must do: the {@link InvalidationLogContract} over a store that is closed
 * and opened again. To test one, extend this and hand over the store.
 *
 * @param <S> the store, for tests of its own
 */
public abstract class StoreLogContract<S extends OpenStore> extends InvalidationLogContract {
  /** The store under test. */
  protected final S store;

  private InvalidationLog log;

  /** Tests the log of that store. */
  protected StoreLogContract(S store) {
    this.store = store;
    this.log = store.shop().log();
  }

  @Override
  protected final InvalidationLog log() {
    return log;
  }

  @Override
  protected final InvalidationLog reopened() {
    store.reopen();
    log = store.shop().log();
    return log;
  }

  @Override
  protected final void close() {
    store.close();
  }
}
