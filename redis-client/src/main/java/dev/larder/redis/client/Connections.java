package dev.larder.redis.client;

import dev.larder.core.spi.StoreException;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/**
 * The open connections to a store: one per class of {@link Traffic}, and one that is subscribed to
 * channels. In a cluster each of them is one per node. One that breaks is opened again by Lettuce.
 * A {@link ConnectionFactory} opens them.
 */
public final class Connections {
  /** How many hash slots a cluster has. */
  private static final int SLOTS = 16_384;

  /** The name of the one node of a store that is no cluster. */
  private static final String ONLY = "";

  private final AbstractRedisClient client;
  private final ClientResources resources;
  private final Map<Traffic, StatefulConnection<byte[], byte[]>> connections;
  private final StatefulRedisPubSubConnection<byte[], byte[]> subscribed;

  /**
   * Connections that are open.
   *
   * @param client what opened them, and opens them again
   * @param resources its event loop and timers, closed with them
   * @param connections one per class of commands
   * @param subscribed the one that hears messages
   */
  Connections(
      AbstractRedisClient client,
      ClientResources resources,
      Map<Traffic, StatefulConnection<byte[], byte[]>> connections,
      StatefulRedisPubSubConnection<byte[], byte[]> subscribed) {
    this.client = client;
    this.resources = resources;
    this.connections = connections;
    this.subscribed = subscribed;
  }

  /** The commands of a class, which go to the node that has their key. */
  RedisClusterAsyncCommands<byte[], byte[]> commands(Traffic traffic) {
    return switch (connections.get(traffic)) {
      case StatefulRedisClusterConnection<byte[], byte[]> cluster -> cluster.async();
      case StatefulRedisConnection<byte[], byte[]> server -> server.async();
      case null, default -> throw new IllegalStateException("no connection for " + traffic);
    };
  }

  /** The connection of a class. */
  StatefulConnection<byte[], byte[]> connection(Traffic traffic) {
    return Objects.requireNonNull(connections.get(traffic), traffic::name);
  }

  /**
   * The connection to one node that carries the commands of a class.
   *
   * @param node its name, as {@link #nodes} has it
   * @return fails with a {@link StoreException} if the node has left the cluster
   */
  CompletableFuture<StatefulRedisConnection<byte[], byte[]>> node(Traffic traffic, String node) {
    return switch (connections.get(traffic)) {
      case StatefulRedisClusterConnection<byte[], byte[]> cluster -> {
        RedisClusterNode known = cluster.getPartitions().getPartitionByNodeId(node);
        if (known == null) {
          yield CompletableFuture.failedFuture(
              new StoreException("the node %s has left the cluster".formatted(node)));
        }
        // Lettuce has another connection for a node by its id; commands go by host and port.
        RedisURI at = known.getUri();
        yield cluster.getConnectionAsync(at.getHost(), at.getPort());
      }
      case StatefulRedisConnection<byte[], byte[]> server ->
          CompletableFuture.completedFuture(server);
      case null, default -> throw new IllegalStateException("no connection for " + traffic);
    };
  }

  /** Writes to the subscribed connection, so that its read timeout notices a broken one. */
  CompletableFuture<String> pingSubscribed() {
    return subscribed.async().ping().toCompletableFuture();
  }

  /** The name of the node that has {@code key}. */
  String nodeOf(byte[] key) {
    if (connections.get(Traffic.URGENT)
        instanceof StatefulRedisClusterConnection<byte[], byte[]> cluster) {
      RedisClusterNode node = cluster.getPartitions().getMasterBySlot(SlotHash.getSlot(key));
      return node == null ? ONLY : node.getNodeId();
    }
    return ONLY;
  }

  /** The names of the nodes that have slots. */
  Set<String> nodes() {
    if (connections.get(Traffic.URGENT)
        instanceof StatefulRedisClusterConnection<byte[], byte[]> cluster) {
      return cluster.getPartitions().stream()
          .filter(node -> !node.getSlots().isEmpty())
          .map(RedisClusterNode::getNodeId)
          .collect(Collectors.toSet());
    }
    return Set.of(ONLY);
  }

  /** Reads again which node has which slots. */
  void refreshTopology() {
    if (client instanceof RedisClusterClient cluster) {
      var _ = cluster.refreshPartitionsAsync();
    }
  }

  /** Subscribes to a channel, also after the connection was opened again. */
  public RedisFuture<Void> subscribe(byte[] channel) {
    return subscribed.async().subscribe(channel);
  }

  /**
   * Subscribes to the channels that match a pattern, also after the connection was opened again.
   */
  RedisFuture<Void> subscribeToPattern(byte[] pattern) {
    return subscribed.async().psubscribe(pattern);
  }

  /** Ends a subscription to a channel. */
  RedisFuture<Void> unsubscribe(byte[] channel) {
    return subscribed.async().unsubscribe(channel);
  }

  /** Ends a subscription to a pattern. */
  RedisFuture<Void> unsubscribeFromPattern(byte[] pattern) {
    return subscribed.async().punsubscribe(pattern);
  }

  /**
   * A key for each node that has slots.
   *
   * @param numbered names the key of a number; the keys of different numbers are in different slots
   */
  List<byte[]> keyOfEachNode(IntFunction<byte[]> numbered) {
    var missing = new HashSet<>(nodes());
    List<byte[]> keys = new ArrayList<>();
    for (int i = 0; i < SLOTS && !missing.isEmpty(); i++) {
      byte[] key = numbered.apply(i);
      if (missing.remove(nodeOf(key))) {
        keys.add(key);
      }
    }
    return keys;
  }

  /**
   * Sends commands to every node that has slots, without a bound on their replies.
   *
   * @param numbered as in {@link #keyOfEachNode}
   * @param commands is given the commands of a node and a key that the node has
   * @return completes once all have replied, with what {@code commands} completed with; fails if
   *     one failed
   */
  public <T> CompletableFuture<List<T>> onEveryNode(
      IntFunction<byte[]> numbered,
      BiFunction<RedisAsyncCommands<byte[], byte[]>, byte[], CompletableFuture<T>> commands) {
    List<CompletableFuture<T>> sent =
        keyOfEachNode(numbered).stream()
            .map(key ->
                node(Traffic.URGENT, nodeOf(key))
                    .thenCompose(node -> commands.apply(node.async(), key)))
            .toList();
    return all(sent);
  }

  /** Completes with the results of all, in their order; fails if one fails, once all are done. */
  static <T> CompletableFuture<List<T>> all(List<CompletableFuture<T>> stages) {
    return CompletableFuture.allOf(stages.toArray(CompletableFuture[]::new))
        .thenApply(done -> stages.stream().map(CompletableFuture::join).toList());
  }

  /** Asks every node to end its connections, so that Lettuce looks for the master again. */
  void reconnect() {
    for (Traffic traffic : connections.keySet()) {
      var _ = commands(traffic).quit();
    }
  }

  /** Closes all connections, on a thread of its own: Lettuce blocks while one is being opened. */
  void close() {
    Thread.ofPlatform()
        .daemon()
        .name("larder-redis-close")
        .start(() -> shutDown(client, resources));
  }

  /** Closes a client with everything that belongs to it. */
  static void shutDown(AbstractRedisClient client, ClientResources resources) {
    var _ =
        client
            .shutdownAsync(0, 2, TimeUnit.SECONDS)
            .whenComplete((done, failure) -> shutDown(resources));
  }

  /** Closes an event loop and its timers. */
  static void shutDown(ClientResources resources) {
    var _ = resources.shutdown(0, 2, TimeUnit.SECONDS);
    // We made it, so Lettuce does not close it.
    var _ = resources.eventLoopGroupProvider().shutdown(0, 2, TimeUnit.SECONDS);
  }
}
