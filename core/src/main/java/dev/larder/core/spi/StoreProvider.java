package dev.larder.core.spi;

/**
 * A kind of store that servers share, found by {@link java.util.ServiceLoader}. It is chosen by the
 * address it is given.
 */
public interface StoreProvider {
  /** True if an address of that form, such as {@code redis://host}, names such a store. */
  boolean serves(String address);

  /**
   * The store at that address. It need not be reachable yet: until it is, operations fail with a
   * {@link StoreException} and {@link Store#ready} says so.
   *
   * @throws StoreException if the address or an option cannot be understood
   */
  Store open(String address, Options options);

  /**
   * What a shared store can be told.
   *
   * @param memoryBytes how many bytes of entries to keep in memory
   * @param replicas how many replicas must have an invalidation before it is acknowledged
   * @param timeoutMillis how long one operation may take, in ms
   * @param leaseMillis how long a lease lasts after its grant or renewal, in ms
   */
  record Options(long memoryBytes, int replicas, long timeoutMillis, long leaseMillis) {}
}
