package dev.larder.core.spi;

import java.util.ServiceLoader;

/**
 * A kind of store that servers share, found by {@link java.util.ServiceLoader}. It is chosen by the
 * address it is given.
 */
public interface StoreProvider {
  /**
   * The provider that knows an address, of those on the class path.
   *
   * @throws StoreException if none does
   */
  static StoreProvider of(String address) {
    for (StoreProvider provider : ServiceLoader.load(StoreProvider.class)) {
      if (provider.serves(address)) {
        return provider;
      }
    }
    throw new StoreException(
        ("store %s is of no known kind; expected an address such as redis://host,"
                + " redis-sentinel://host,host#group or redis-cluster://host,host")
            .formatted(shown(address)));
  }

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
   * How a shared store is set.
   *
   * @param memoryBytes how many bytes of entries to keep in memory
   * @param replicas how many replicas must have an invalidation before it is acknowledged
   * @param timeoutMillis how long one operation may take, in ms
   * @param leaseMillis how long a lease lasts after its grant or renewal, in ms
   * @param outbox whether what is invalidated is kept for whoever tells it outside
   */
  record Options(
      long memoryBytes, int replicas, long timeoutMillis, long leaseMillis, boolean outbox) {
    /** Options of a store without an outbox. */
    public Options(long memoryBytes, int replicas, long timeoutMillis, long leaseMillis) {
      this(memoryBytes, replicas, timeoutMillis, leaseMillis, false);
    }
  }

  /**
   * An address as it may be shown: without user, password and options, whatever characters are in
   * them.
   */
  static String shown(String address) {
    int scheme = address.indexOf("://");
    if (scheme < 0) {
      return "…";
    }
    int start = scheme + "://".length();
    int at = address.lastIndexOf('@');
    int options = address.indexOf('?', start);
    if (options >= 0 && at > options) {
      // The '@' may be in an option, or the '?' in a password.
      return address.substring(0, start) + "…";
    }
    return address.substring(0, start)
        + address.substring(Math.max(start, at + 1), options < 0 ? address.length() : options);
  }
}
