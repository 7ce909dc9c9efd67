package dev.larder.server.config;

import dev.larder.core.engine.LedgerMemory;
import dev.larder.core.engine.Limits;
import dev.larder.core.spi.StoreProvider;
import dev.larder.redis.engine.data.Eviction;
import dev.larder.redis.engine.log.Fsync;
import dev.larder.server.access.Certificates;
import dev.larder.server.store.StoreOptions;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The settings of a server.
 *
 * <p>Nothing is checked here: whoever makes one, such as the command line, has bounds for it.
 *
 * @param http where it listens, and to how many
 * @param access who may ask
 * @param store where it keeps what it is given
 * @param redis the settings of Redis over HTTP
 * @param limits how much that may be
 * @param otlp where it sends its metrics; none: it only shows them
 * @param forward who is told what was invalidated, as {@code kind:where}
 */
public record ServerConfig(
    Http http,
    Access access,
    StoreConfig store,
    Redis redis,
    Capacity limits,
    Optional<Otlp> otlp,
    List<String> forward) {
  /** The port of Larder. */
  public static final int DEFAULT_PORT = 7400;

  /** How long entries of a build are kept that does not run, by default. */
  public static final Duration KEEP_BUILDS = Duration.ofHours(1);

  /**
   * Where a server listens, and to how many.
   *
   * @param host the address to listen on
   * @param port the port to listen on; 0 lets the system choose
   * @param maxConnections how many WebSocket connections may be open
   * @param heartbeatMillis how often a client must be heard from, in ms
   * @param tls what it is secured with; none: it is not
   * @param publicHosts the names browsers know it by, in lower case, beside its address and
   *     localhost
   */
  public record Http(
      String host,
      int port,
      int maxConnections,
      int heartbeatMillis,
      Optional<Certificates.Paths> tls,
      Set<String> publicHosts) {
    /** The defaults on another port. */
    public static Http on(int port) {
      return new Http("127.0.0.1", port, 10_000, 2000, Optional.empty(), Set.of());
    }
  }

  /**
   * Who may ask.
   *
   * @param token who presents it may do everything
   * @param tokens where further tokens are, with roles; where there is neither, everybody may do
   *     everything
   * @param redisReadToken what clients of Redis over HTTP may present in its place, who may only
   *     read then
   */
  public record Access(
      Optional<String> token, Optional<KeptTokens> tokens, Optional<String> redisReadToken) {}

  /** Where tokens with roles are kept. */
  public sealed interface KeptTokens {}

  /**
   * In a file.
   *
   * @param path where it is
   */
  public record TokenFile(Path path) implements KeptTokens {}

  /** In the store that servers share. */
  public record StoredTokens() implements KeptTokens {}

  /** Where a server keeps what it is given. */
  public sealed interface StoreConfig {
    /** The store as it may be shown: without user, password and options. */
    String shown();
  }

  /**
   * A store of the server's own.
   *
   * @param data the data directory
   * @param options the settings of the store
   */
  public record Embedded(Path data, StoreOptions options) implements StoreConfig {
    @Override
    public String shown() {
      return "data in " + data.toAbsolutePath();
    }
  }

  /**
   * A store that is shared with other servers.
   *
   * <p>The kinds of addresses are those of the {@link StoreProvider}s that are found when the
   * server starts.
   *
   * @param address where it is
   * @param options the settings of the store
   */
  public record Shared(String address, StoreProvider.Options options) implements StoreConfig {
    @Override
    public String shown() {
      return "store " + StoreProvider.shown(address);
    }
  }

  /**
   * The settings of Redis over HTTP.
   *
   * @param maxRequestBytes the largest body, in bytes
   * @param memoryBytes what the databases of all namespaces may take in memory, in bytes
   * @param eviction what is removed when that is used up
   * @param fsync when what an embedded database acknowledges is on the disk
   * @param scripts which scripts clients may run
   */
  public record Redis(
      int maxRequestBytes,
      long memoryBytes,
      Eviction eviction,
      Fsync fsync,
      RedisScripts scripts) {}

  /** Which scripts clients of Redis over HTTP may run. */
  public enum RedisScripts {
    /** Whatever they send. */
    ALL,
    /** Those that the official SDKs send, by their hash. */
    KNOWN,
    /** None. */
    OFF
  }

  /**
   * How much a server keeps.
   *
   * @param maxValueBytes the largest value of an entry, in bytes
   * @param maxNamespaces how many namespaces may exist
   * @param namespace the bounds of each namespace
   * @param keepBuilds how long entries are kept that only a build reads of which nothing runs,
   *     while another one runs; empty: until their time is over
   */
  public record Capacity(
      int maxValueBytes, int maxNamespaces, Limits namespace, Optional<Duration> keepBuilds) {}

  /**
   * Where a server sends its metrics, by OTLP over HTTP.
   *
   * @param collector the address to which {@code /v1/metrics} is added
   * @param headers what every request carries beside, such as an authorization, by name
   */
  public record Otlp(URI collector, Map<String, String> headers) {
    /** Without the headers, which may hold secrets. */
    @Override
    public String toString() {
      return collector.toString();
    }
  }

  /**
   * The defaults, with everything kept in {@code data}.
   *
   * <p>On loopback, without tokens and TLS. Of the heap entries may take a quarter, but at least 32
   * MiB, and Redis over HTTP an eighth; 4 GiB of entries are kept on disk, a value may be of 32
   * MiB, or a sixteenth of the heap if that is less.
   */
  public static ServerConfig of(Path data) {
    long heap = Runtime.getRuntime().maxMemory();
    return new ServerConfig(
        Http.on(DEFAULT_PORT),
        new Access(Optional.empty(), Optional.empty(), Optional.empty()),
        new Embedded(
            data,
            new StoreOptions(Math.max(32L << 20, heap / 4), 4L << 30, StoreOptions.Fsync.ALWAYS)),
        new Redis(10 << 20, heap / 8, Eviction.NONE, Fsync.EVERY_SECOND, RedisScripts.ALL),
        new Capacity(
            Math.clamp(heap / 16, 1 << 20, 32 << 20),
            1000,
            Limits.DEFAULT.with(ledgerMemory()),
            Optional.of(KEEP_BUILDS)),
        Optional.empty(),
        List.of());
  }

  /** What the invalidated tags of all namespaces may take: an eighth of the heap. */
  public static LedgerMemory ledgerMemory() {
    return LedgerMemory.of(Runtime.getRuntime().maxMemory() / 8);
  }

  /** The same on another port. */
  public ServerConfig withPort(int port) {
    return new ServerConfig(
        new Http(
            http.host(),
            port,
            http.maxConnections(),
            http.heartbeatMillis(),
            http.tls(),
            http.publicHosts()),
        access,
        store,
        redis,
        limits,
        otlp,
        forward);
  }

  /**
   * True for an address to listen on that only the machine itself can reach.
   *
   * <p>May ask a name server. A name that is not known is not loopback.
   */
  public static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
