package dev.larder.redis.client;

import dev.larder.core.spi.StoreException;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SocketOptions.KeepAliveOptions;
import io.lettuce.core.SocketOptions.TcpUserTimeoutOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultEventLoopGroupProvider;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.EpollProvider;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/**
 * The open connections to a store: one per class of {@link Traffic}, and one that is subscribed to
 * channels. In a cluster each of them is one per node. One that breaks is opened again by Lettuce.
 */
public final class Connections {
  /** How many commands may wait for replies on a connection; one more fails at once. */
  private static final int MAX_WAITING = 50_000;

  /** How many commands of one turn of the event loop leave in one write at most. */
  private static final int FLUSHED_AT = 64;

  /** How many hash slots a cluster has. */
  private static final int SLOTS = 16_384;

  /** The name of the one node of a store that is no cluster. */
  private static final String ONLY = "";

  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(2);

  /** After how long an unacknowledged packet ends a connection, and an idle one is probed. */
  private static final Duration UNACKNOWLEDGED = Duration.ofSeconds(5);

  private final AbstractRedisClient client;
  private final ClientResources resources;
  private final Map<Traffic, StatefulConnection<byte[], byte[]>> connections;
  private final StatefulRedisPubSubConnection<byte[], byte[]> subscribed;

  private Connections(
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
  private static void shutDown(AbstractRedisClient client, ClientResources resources) {
    var _ =
        client
            .shutdownAsync(0, 2, TimeUnit.SECONDS)
            .whenComplete((done, failure) -> shutDown(resources));
  }

  private static void shutDown(ClientResources resources) {
    var _ = resources.shutdown(0, 2, TimeUnit.SECONDS);
    // We made it, so Lettuce does not close it.
    var _ = resources.eventLoopGroupProvider().shutdown(0, 2, TimeUnit.SECONDS);
  }

  /**
   * Opens all connections; if one cannot be opened, the others are closed.
   *
   * @param readTimeout how long a written connection may stay without a read, in ms
   * @param traffic the classes of commands that will be sent
   * @param subscriber is given every message, on the event loop
   * @return fails with what Lettuce fails with
   */
  static CompletableFuture<Connections> open(
      RedisAddress address, Set<Traffic> traffic, long readTimeout, MessageListener subscriber) {
    ClientResources resources = resources(readTimeout);
    try {
      return address.cluster()
          ? openCluster(address, traffic, resources, subscriber)
          : openServer(address, traffic, resources, subscriber);
    } catch (RuntimeException | Error e) {
      // Such as a certificate that is being replaced: the next call tries again.
      shutDown(resources);
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Connects to one server, or to the master of a Sentinel group. */
  private static CompletableFuture<Connections> openServer(
      RedisAddress address,
      Set<Traffic> wanted,
      ClientResources resources,
      MessageListener subscriber) {
    RedisClient client = RedisClient.create(resources);
    client.setOptions(configured(ClientOptions.builder(), address).build());
    var codec = ByteArrayCodec.INSTANCE;
    var node = address.nodes().getFirst();
    return opened(
        client,
        resources,
        wanted,
        traffic -> client.connectAsync(codec, node).toCompletableFuture(),
        client.connectPubSubAsync(codec, node).toCompletableFuture(),
        subscriber);
  }

  /** Reads the topology of a cluster, and connects to its nodes. */
  private static CompletableFuture<Connections> openCluster(
      RedisAddress address,
      Set<Traffic> wanted,
      ClientResources resources,
      MessageListener subscriber) {
    RedisClusterClient client = RedisClusterClient.create(resources, address.nodes());
    var refresh =
        ClusterTopologyRefreshOptions.builder()
            .adaptiveRefreshTriggersTimeout(Duration.ofSeconds(1))
            .enablePeriodicRefresh(Duration.ofSeconds(15))
            .build();
    ClusterClientOptions.Builder options = ClusterClientOptions.builder();
    configured(options, address);
    client.setOptions(
        options.topologyRefreshOptions(refresh).validateClusterNodeMembership(false).build());
    var codec = ByteArrayCodec.INSTANCE;
    return client
        .refreshPartitionsAsync()
        .toCompletableFuture()
        .whenComplete((found, failure) -> {
          if (failure != null) {
            shutDown(client, resources);
          }
        })
        .thenCompose(found ->
            opened(
                client,
                resources,
                wanted,
                traffic -> client.connectAsync(codec),
                client.connectPubSubAsync(codec),
                subscriber));
  }

  private static CompletableFuture<Connections> opened(
      AbstractRedisClient client,
      ClientResources resources,
      Set<Traffic> wanted,
      Function<Traffic, CompletableFuture<? extends StatefulConnection<byte[], byte[]>>> connect,
      CompletableFuture<? extends StatefulRedisPubSubConnection<byte[], byte[]>> subscribing,
      MessageListener subscriber) {
    var opening =
        new EnumMap<Traffic, CompletableFuture<? extends StatefulConnection<byte[], byte[]>>>(
            Traffic.class);
    for (Traffic each : wanted) {
      opening.put(each, connect.apply(each));
    }
    CompletableFuture<Void> all =
        CompletableFuture.allOf(opening.values().toArray(CompletableFuture[]::new));
    return CompletableFuture.allOf(all, subscribing)
        .thenApply(connected -> {
          var open = new EnumMap<Traffic, StatefulConnection<byte[], byte[]>>(Traffic.class);
          opening.forEach((traffic, connection) -> open.put(traffic, connection.join()));
          StatefulRedisPubSubConnection<byte[], byte[]> subscribed = subscribing.join();
          subscribed.addListener(
              new RedisPubSubAdapter<>() {
                @Override
                public void message(byte[] channel, byte[] message) {
                  subscriber.onMessage(Optional.empty(), channel, message);
                }

                @Override
                public void message(byte[] pattern, byte[] channel, byte[] message) {
                  subscriber.onMessage(Optional.of(pattern), channel, message);
                }
              });
          return new Connections(client, resources, open, subscribed);
        })
        .whenComplete((connections, failure) -> {
          if (failure != null) {
            shutDown(client, resources);
          }
        });
  }

  /** The event loop, timers and reconnect delays of a client. */
  private static ClientResources resources(long readTimeout) {
    // A broken connection is opened again soon, and not by all servers at the same moment.
    return ClientResources.builder()
        .reconnectDelay(() ->
            Delay.equalJitter(
                Duration.ofMillis(20), Duration.ofSeconds(1), 20, TimeUnit.MILLISECONDS))
        .nettyCustomizer(
            new NettyCustomizer() {
              @Override
              public void afterChannelInitialized(Channel channel) {
                channel
                    .pipeline()
                    .addFirst(
                        new FlushConsolidationHandler(FLUSHED_AT, true),
                        new ReadTimeout(readTimeout));
              }
            })
        // One thread: the commands of one turn, and their replies, are one wake-up for all
        // connections.
        .eventLoopGroupProvider(new DefaultEventLoopGroupProvider(1))
        .computationThreadPoolSize(2)
        .build();
  }

  /**
   * The options of all connections: commands on a broken one fail at once, and are never resent.
   */
  private static ClientOptions.Builder configured(
      ClientOptions.Builder options, RedisAddress address) {
    return options
        // Replies have the same form whatever the server could speak.
        .protocolVersion(ProtocolVersion.RESP2)
        .sslOptions(address.certificates().options())
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        .replayFilter(command -> true)
        .requestQueueSize(MAX_WAITING)
        .maintNotificationsConfig(MaintNotificationsConfig.disabled())
        .timeoutOptions(TimeoutOptions.create())
        .socketOptions(socketOptions());
  }

  private static SocketOptions socketOptions() {
    var options =
        SocketOptions.builder()
            .connectTimeout(CONNECT_WITHIN)
            .tcpNoDelay(true)
            .keepAlive(KeepAliveOptions.builder().enable().idle(UNACKNOWLEDGED).build());
    // Ends a connection whose packets are lost on the way; only the native transport can.
    return EpollProvider.isAvailable()
        ? options
            .tcpUserTimeout(
                TcpUserTimeoutOptions.builder().enable().tcpUserTimeout(UNACKNOWLEDGED).build())
            .build()
        : options.build();
  }
}
