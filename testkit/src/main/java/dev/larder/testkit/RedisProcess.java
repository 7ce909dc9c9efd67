package dev.larder.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real Redis or Valkey server on a port of its own, in a temporary directory. It can be killed,
 * frozen and started again. {@code LARDER_REDIS} names the program; without it, it is {@code
 * redis-server} on the path.
 *
 * <p>It listens on loopback only, writes its log into its directory, and stores nothing on disk
 * unless an option says so. It must be closed: it outlives a JVM that ends without that.
 */
public final class RedisProcess implements AutoCloseable {
  private static final String SERVER = System.getenv().getOrDefault("LARDER_REDIS", "redis-server");

  /** Its client on the command line, of the same project. */
  private static final String CLIENT =
      SERVER.contains("valkey") ? SERVER.replace("-server", "-cli") : "redis-cli";

  private static final String TLS_PORT = "--tls-port";

  /** Nanoseconds for which an answer is waited for. */
  private static final long PATIENCE = 20_000_000_000L;

  private final int port = freePort();
  private final Path directory;
  private final List<String> options;
  private @Nullable Process process;

  private RedisProcess(List<String> options) {
    this.options = options;
    try {
      directory = Files.createTempDirectory("larder-redis");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Starts a server and returns once it answers.
   *
   * @param options as on its command line, such as {@code "--appendonly", "yes"}
   * @throws AssertionError if it does not answer within 20 s
   * @throws java.io.UncheckedIOException if there is no such program
   */
  public static RedisProcess start(String... options) {
    var redis = new RedisProcess(List.of(options));
    redis.revive();
    return redis;
  }

  /**
   * Starts a server that speaks TLS on a second port and asks nobody for a certificate, unless its
   * options say {@code --tls-auth-clients}. On the first port it speaks without.
   *
   * @param certificates with one of that name
   * @param name of whom its certificate is
   * @param options as on its command line
   */
  public static RedisProcess secured(
      TestCertificates certificates, String name, String... options) {
    var all = new ArrayList<>(List.of(TLS_PORT, Integer.toString(freePort())));
    all.addAll(List.of("--tls-cert-file", certificates.certificate(name).toString()));
    all.addAll(List.of("--tls-key-file", certificates.key(name).toString()));
    all.addAll(List.of("--tls-ca-cert-file", certificates.authority().toString()));
    if (!List.of(options).contains("--tls-auth-clients")) {
      all.addAll(List.of("--tls-auth-clients", "no"));
    }
    all.addAll(List.of(options));
    return start(all.toArray(String[]::new));
  }

  /**
   * Starts a replica of {@code master} and returns once it has what the master has.
   *
   * @param options as on its command line
   */
  public static RedisProcess replicaOf(RedisProcess master, String... options) {
    var all = new ArrayList<>(List.of("--replicaof", "127.0.0.1", Integer.toString(master.port)));
    all.addAll(List.of(options));
    RedisProcess replica = start(all.toArray(String[]::new));
    replica.await("master_link_status:up", "INFO", "replication");
    return replica;
  }

  /**
   * Starts a Sentinel that watches over {@code master} under the name {@code group}; it agrees with
   * itself that a master is gone, after one second of silence.
   */
  public static RedisProcess sentinel(String group, RedisProcess master) {
    var sentinel = new RedisProcess(List.of("--sentinel"));
    try {
      Files.writeString(
          sentinel.directory.resolve("sentinel.conf"),
          """
          sentinel monitor %1$s 127.0.0.1 %2$d 1
          sentinel down-after-milliseconds %1$s 1000
          sentinel failover-timeout %1$s 3000
          """
              .formatted(group, master.port));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    sentinel.revive();
    return sentinel;
  }

  /**
   * Starts three masters that share the slots of a cluster, and returns once they do.
   *
   * @param replicas how many replicas each master has; they come after the three masters
   * @param options as on the command line of each
   */
  public static List<RedisProcess> cluster(int replicas, String... options) {
    List<RedisProcess> nodes =
        Stream.generate(() -> start(inCluster(options))).limit(3L * (1 + replicas)).toList();
    join(nodes, replicas, nodes.stream().map(node -> node.port).toList(), List.of());
    for (RedisProcess node : nodes.subList(3, nodes.size())) {
      node.await("master_link_status:up", "INFO", "replication");
    }
    return nodes;
  }

  /**
   * Starts three masters of a cluster as {@link #cluster} does, which speak TLS with clients and
   * with each other.
   *
   * @param name of whom their certificate is
   */
  public static List<RedisProcess> securedCluster(TestCertificates certificates, String name) {
    List<RedisProcess> nodes =
        Stream.generate(() -> secured(certificates, name, inCluster("--tls-cluster", "yes")))
            .limit(3)
            .toList();
    join(
        nodes,
        0,
        nodes.stream().map(RedisProcess::tlsPort).toList(),
        List.of("--tls", "--cacert", certificates.authority().toString()));
    return nodes;
  }

  /** The options of a node, with those that make it one of a cluster. */
  private static String[] inCluster(String... options) {
    var all =
        new ArrayList<>(List.of("--cluster-enabled", "yes", "--cluster-node-timeout", "2000"));
    all.addAll(List.of(options));
    return all.toArray(String[]::new);
  }

  /**
   * Makes a cluster of nodes, and waits until each of them says that it is whole.
   *
   * @param connection the options with which the client reaches them
   */
  private static void join(
      List<RedisProcess> nodes, int replicas, List<Integer> ports, List<String> connection) {
    var create = new ArrayList<>(List.of("-p", ports.getFirst().toString()));
    create.addAll(connection);
    create.addAll(List.of("--cluster", "create"));
    ports.forEach(port -> create.add("127.0.0.1:" + port));
    create.addAll(List.of("--cluster-replicas", Integer.toString(replicas), "--cluster-yes"));
    String created = nodes.getFirst().run(create);
    if (!created.contains("All 16384 slots covered")) {
      throw new AssertionError("no cluster: " + created);
    }
    for (RedisProcess node : nodes) {
      node.await("cluster_state:ok", "CLUSTER", "INFO");
    }
  }

  /** The port it listens on. */
  public int port() {
    return port;
  }

  /** Where it listens, without a scheme. */
  public String host() {
    return "127.0.0.1:" + port;
  }

  /** The port on which it speaks TLS; only for one that was started so. */
  public int tlsPort() {
    return Integer.parseInt(options.get(options.indexOf(TLS_PORT) + 1));
  }

  /**
   * Starts it again over what it left in its directory, on the same ports. The one before must have
   * been killed.
   */
  public void revive() {
    var command = new ArrayList<>(List.of(SERVER));
    Path configuration = directory.resolve("sentinel.conf");
    if (Files.exists(configuration)) {
      command.add(configuration.toString());
    }
    command.addAll(
        List.of("--port", Integer.toString(port), "--bind", "127.0.0.1", "--dir", "" + directory));
    if (!options.contains("--sentinel")) {
      command.addAll(List.of("--save", "", "--logfile", ""));
    }
    command.addAll(options);
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("log").toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "'%s' cannot be started; is Redis installed?".formatted(SERVER), e);
    }
    await("PONG", "PING");
  }

  /** Ends it with {@code kill -9}. Returns when it has ended; at once if it was not running. */
  public void kill() {
    if (process != null) {
      process.destroyForcibly();
      awaited(process);
    }
  }

  /**
   * Stops it in its tracks, until {@link #thaw}. Its connections stay open, and the system goes on
   * taking bytes for it.
   */
  public void freeze() {
    signal("STOP");
  }

  /** Lets it go on. */
  public void thaw() {
    signal("CONT");
  }

  /**
   * What it answers to a command, or what went wrong with it, as its client prints it: without a
   * line break at the end.
   */
  public String ask(String... command) {
    return run(List.of(command));
  }

  /**
   * Fills the database with {@code count} keys of somebody else's: {@code foreign:1} and so on.
   * They are of nobody's namespace: a store must not touch them.
   */
  public void populate(int count) {
    int chunk = 100_000;
    for (int first = 1; first <= count; first += chunk) {
      int last = Math.min(count, first + chunk - 1);
      ask(
          "EVAL",
          "for i = %d, %d do redis.call('SET', 'foreign:' .. i, i) end".formatted(first, last),
          "0");
    }
  }

  /**
   * Waits until the answer to a command contains {@code expected}.
   *
   * @throws AssertionError with the answer and the log of the server, after 20 s
   */
  public void await(String expected, String... command) {
    long deadline = System.nanoTime() + PATIENCE;
    String answer = run(List.of(command));
    while (!answer.contains(expected)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            "%s answers '%s'; expected '%s'%n%s"
                .formatted(String.join(" ", command), answer, expected, log()));
      }
      answer = run(List.of(command));
    }
  }

  /** Ends it, frozen or not, and removes its directory. */
  @Override
  public void close() {
    thaw();
    kill();
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs the client; what it prints, errors included. */
  private String run(List<String> arguments) {
    var command = new ArrayList<>(List.of(CLIENT, "-p", Integer.toString(port)));
    command.addAll(arguments);
    try {
      Process client = new ProcessBuilder(command).redirectErrorStream(true).start();
      client.getOutputStream().close();
      String answer = new String(client.getInputStream().readAllBytes(), UTF_8);
      awaited(client);
      return answer.strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the server has printed since it was started last. */
  private String log() {
    try {
      return Files.readString(directory.resolve("log"));
    } catch (IOException e) {
      return "no log: " + e;
    }
  }

  private void signal(String name) {
    if (process != null && process.isAlive()) {
      try {
        awaited(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Waits for the end of a process, for 20 s. */
  private static void awaited(Process process) {
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("a process did not end within 20 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** A port that is free, with that of a cluster's own talk 10,000 above it. */
  private static int freePort() {
    while (true) {
      try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
          var bus =
              new ServerSocket(
                  socket.getLocalPort() + 10_000, 1, InetAddress.getLoopbackAddress())) {
        if (bus.isBound()) {
          return socket.getLocalPort();
        }
      } catch (IOException | IllegalArgumentException e) {
        // Another one, then.
      }
    }
  }
}
