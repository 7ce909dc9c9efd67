package dev.larder.server;

import dev.larder.core.Limits;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a server can be told.
 *
 * @param host the address to listen on
 * @param port the port to listen on; 0 lets the system choose
 * @param data the data directory
 * @param token what clients must present; empty lets everybody in
 * @param memoryBytes how many bytes of entries to keep in memory
 * @param maxValueBytes the largest value of an entry
 * @param maxNamespaces how many namespaces may exist
 * @param heartbeatMillis how often a client must be heard from, in ms
 * @param limits the bounds of each namespace
 */
public record ServerConfig(
    String host,
    int port,
    Path data,
    Optional<String> token,
    long memoryBytes,
    int maxValueBytes,
    int maxNamespaces,
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
        Math.max(32L << 20, Runtime.getRuntime().maxMemory() / 4),
        32 << 20,
        1000,
        2000,
        Limits.DEFAULT);
  }
}
