package dev.larder.core.spi;

import dev.larder.core.CacheKey;
import dev.larder.core.Revision;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * The leases of one namespace as all its servers share them. Within a server its own lease table
 * decides who leads; here servers agree which of them may let somebody lead. A lease is held by one
 * server at a time, and by none once that server is gone.
 *
 * <p>Operations of one server take effect in the order they are called.
 */
public interface SharedLeases {
  /** The leases of a store that one server has for itself: it is granted whatever it asks for. */
  static SharedLeases unshared() {
    return UnsharedLeases.INSTANCE;
  }

  /** False if no other server can hold a lease: then nothing has to be asked of others. */
  default boolean shared() {
    return true;
  }

  /**
   * Asks for the lease of {@code key}, or lets it last as long again. A server that holds it holds
   * it under the number given last. The stage completes with false while another server holds one
   * that is not outdated, and fails with a {@link StoreException} if that cannot be known.
   *
   * @param lease its number
   * @param asOf where history stands, for this server
   * @param usefulFrom the revision before which a lease that was granted is outdated
   */
  CompletionStage<Boolean> claim(CacheKey key, long lease, Revision asOf, Revision usefulFrom);

  /**
   * Takes over a lease another server was granted, and lets it last as long again: whoever holds it
   * has come here. The stage completes with the revision as of which it was granted, or empty if it
   * has ended, and fails with a {@link StoreException} if that cannot be known.
   *
   * @param lease its number
   */
  CompletionStage<Optional<Revision>> adopt(CacheKey key, long lease);

  /**
   * Ends a lease without an entry, if this server holds it, and tells all of them. What another
   * server has taken over goes on.
   *
   * @return completes with false if it is not held here
   */
  CompletionStage<Boolean> abandon(CacheKey key, long lease);

  /**
   * Ends a lease without an entry, whichever server holds it, and tells all of them.
   *
   * @return completes with false if it is not held
   */
  CompletionStage<Boolean> release(CacheKey key, long lease);

  /**
   * Ends a lease whose entry must not be shared, whichever server holds it, and tells all of them
   * that nobody is to wait.
   *
   * @return completes with false if it is not held
   */
  CompletionStage<Boolean> unshareable(CacheKey key, long lease);

  /**
   * Tells all servers that an entry of {@code key} was stored, and ends the lease of that key if it
   * is the entry's own or was granted as of the entry's revision or before.
   *
   * @param lease the lease the entry was generated under; 0 if none
   * @param revision the revision of the entry
   */
  void stored(CacheKey key, long lease, Revision revision);

  /**
   * Calls {@code listener} with what happens to leases, also with what this server does itself.
   * Events may be late, repeated or lost: they shorten a wait, and nothing depends on them.
   */
  void listen(Consumer<LeaseEvent> listener);
}
