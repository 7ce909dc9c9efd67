package dev.larder.server;

import dev.larder.core.engine.LedgerMemory;
import dev.larder.core.engine.Limits;
import dev.larder.server.store.StoreOptions;
import dev.larder.server.store.StoreOptions.Fsync;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a server can be told.
 *
 * @param host the address to listen on
 * @param port the port to listen on; 0 lets the system choose
 * @param data the data directory, for a store of its own
 * @param shared the store shared with other servers; empty for a store of its own
 * @param token what clients must present; empty lets everybody in
 * @param store what a store of its own is told
 * @param maxValueBytes the largest value of an entry
 * @param maxNamespaces how many namespaces may exist
 * @param maxConnections how many WebSocket connections may be open
 * @param heartbeatMillis how often a client must be heard from, in ms
 * @param limits the bounds of each namespace
 */
public record ServerConfig(
    String host,
    int port,
    Path data,
    Optional<SharedStoreConfig> shared,
    Optional<String> token,
    StoreOptions store,
    int maxValueBytes,
    int maxNamespaces,
    int maxConnections,
    int heartbeatMillis,
    Limits limits) {

  /** The port of Larder. */
  public static final int DEFAULT_PORT = 7400;

  /** The defaults, with everything kept in {@code data}. */
  public static ServerConfig of(Path data) {
    return new ServerConfig(
        "127.0.0.1",
        DEFAULT_PORT,
        data,
        Optional.empty(),
        Optional.empty(),
        new StoreOptions(
            Math.max(32L << 20, Runtime.getRuntime().maxMemory() / 4), 4L << 30, Fsync.ALWAYS),
        Math.clamp(Runtime.getRuntime().maxMemory() / 16, 1 << 20, 32 << 20),
        1000,
        10_000,
        2000,
        Limits.DEFAULT.with(ledgerMemory()));
  }

  /** What the invalidated tags of all namespaces may take: an eighth of the heap. */
  static LedgerMemory ledgerMemory() {
    return LedgerMemory.of(Runtime.getRuntime().maxMemory() / 8);
  }

  /** The same on another port. */
  public ServerConfig withPort(int other) {
    return new ServerConfig(
        host,
        other,
        data,
        shared,
        token,
        store,
        maxValueBytes,
        maxNamespaces,
        maxConnections,
        heartbeatMillis,
        limits);
  }

  /** True for an address to listen on that only the machine itself can reach. */
  public static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
