package dev.larder.redis;

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
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.codec.ByteArrayCodec;
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
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The open connections to a store: one for each lane, and one that listens. */
final class Lines {
  /** How many commands may wait for answers on a connection. */
  private static final int MAX_WAITING = 50_000;

  /** Commands that are sent in one turn leave together, at most so many. */
  private static final int FLUSHED_AT = 64;

  /** The name of the one node of a store that is no cluster. */
  private static final String ONLY = "";

  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(2);
  private static final Duration SILENCE = Duration.ofSeconds(5);

  private final AbstractRedisClient client;
  private final ClientResources resources;
  private final Map<Redis.Lane, StatefulConnection<byte[], byte[]>> lanes;
  private final StatefulRedisPubSubConnection<byte[], byte[]> listening;

  private Lines(
      AbstractRedisClient client,
      ClientResources resources,
      Map<Redis.Lane, StatefulConnection<byte[], byte[]>> lanes,
      StatefulRedisPubSubConnection<byte[], byte[]> listening) {
    this.client = client;
    this.resources = resources;
    this.lanes = lanes;
    this.listening = listening;
  }

  /** The commands of a lane. */
  RedisClusterAsyncCommands<byte[], byte[]> commands(Redis.Lane lane) {
    return switch (lanes.get(lane)) {
      case StatefulRedisClusterConnection<byte[], byte[]> cluster -> cluster.async();
      case StatefulRedisConnection<byte[], byte[]> server -> server.async();
      case null, default -> throw new IllegalStateException("lane " + lane);
    };
  }

  /** The connection to one node on which the commands of a lane go there. */
  CompletableFuture<StatefulRedisConnection<byte[], byte[]>> node(Redis.Lane lane, String node) {
    return switch (lanes.get(lane)) {
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
      case null, default -> throw new IllegalStateException("lane " + lane);
    };
  }

  /** Asks whether the connection that listens is there. */
  CompletableFuture<String> pingListening() {
    return listening.async().ping().toCompletableFuture();
  }

  /** The node that keeps {@code key}. */
  String nodeOf(byte[] key) {
    if (lanes.get(Redis.Lane.LOG)
        instanceof StatefulRedisClusterConnection<byte[], byte[]> cluster) {
      RedisClusterNode node = cluster.getPartitions().getMasterBySlot(SlotHash.getSlot(key));
      return node == null ? ONLY : node.getNodeId();
    }
    return ONLY;
  }

  /** The nodes that keep keys. */
  Set<String> nodes() {
    if (lanes.get(Redis.Lane.LOG)
        instanceof StatefulRedisClusterConnection<byte[], byte[]> cluster) {
      return cluster.getPartitions().stream()
          .filter(node -> !node.getSlots().isEmpty())
          .map(RedisClusterNode::getNodeId)
          .collect(Collectors.toSet());
    }
    return Set.of(ONLY);
  }

  /** Finds out again which node keeps what. */
  void refresh() {
    if (client instanceof RedisClusterClient cluster) {
      var _ = cluster.refreshPartitionsAsync();
    }
  }

  RedisFuture<Void> subscribe(byte[] channel) {
    return listening.async().subscribe(channel);
  }

  /** Leaves what is connected, so that it is found again where it is now. */
  void leave() {
    for (Redis.Lane lane : lanes.keySet()) {
      var _ = commands(lane).quit();
    }
  }

  /**
   * Closes all connections, in its own time: Lettuce may wait for one that is being opened while it
   * is closed.
   */
  void close() {
    Thread.ofPlatform()
        .daemon()
        .name("larder-redis-close")
        .start(() -> shutDown(client, resources));
  }

  private static void shutDown(AbstractRedisClient client, ClientResources resources) {
    var _ =
        client
            .shutdownAsync(0, 2, TimeUnit.SECONDS)
            .whenComplete((done, failure) -> {
              var _ = resources.shutdown(0, 2, TimeUnit.SECONDS);
              // It is ours, and so not closed with the rest.
              var _ = resources.eventLoopGroupProvider().shutdown(0, 2, TimeUnit.SECONDS);
            });
  }

  /**
   * Opens connections; if one cannot be had, none stays.
   *
   * @param silence how long a connection may be silent before another takes its place, in ms
   */
  static CompletableFuture<Lines> open(
      RedisAddress address, long silence, BiConsumer<byte[], byte[]> news) {
    ClientResources resources = resources(silence);
    return address.cluster()
        ? openCluster(address, resources, news)
        : openServer(address, resources, news);
  }

  private static CompletableFuture<Lines> openServer(
      RedisAddress address, ClientResources resources, BiConsumer<byte[], byte[]> news) {
    RedisClient client = RedisClient.create(resources);
    client.setOptions(configured(ClientOptions.builder(), address).build());
    var codec = ByteArrayCodec.INSTANCE;
    var node = address.nodes().getFirst();
    return opened(
        client,
        resources,
        lane -> client.connectAsync(codec, node).toCompletableFuture(),
        client.connectPubSubAsync(codec, node).toCompletableFuture(),
        news);
  }

  private static CompletableFuture<Lines> openCluster(
      RedisAddress address, ClientResources resources, BiConsumer<byte[], byte[]> news) {
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
                lane -> client.connectAsync(codec),
                client.connectPubSubAsync(codec),
                news));
  }

  private static CompletableFuture<Lines> opened(
      AbstractRedisClient client,
      ClientResources resources,
      Function<Redis.Lane, CompletableFuture<? extends StatefulConnection<byte[], byte[]>>> lane,
      CompletableFuture<? extends StatefulRedisPubSubConnection<byte[], byte[]>> listening,
      BiConsumer<byte[], byte[]> news) {
    var lanes =
        new EnumMap<Redis.Lane, CompletableFuture<? extends StatefulConnection<byte[], byte[]>>>(
            Redis.Lane.class);
    for (Redis.Lane each : Redis.Lane.values()) {
      lanes.put(each, lane.apply(each));
    }
    CompletableFuture<Void> all =
        CompletableFuture.allOf(lanes.values().toArray(CompletableFuture[]::new));
    return CompletableFuture.allOf(all, listening)
        .thenApply(connected -> {
          var open = new EnumMap<Redis.Lane, StatefulConnection<byte[], byte[]>>(Redis.Lane.class);
          lanes.forEach((name, connection) -> open.put(name, connection.join()));
          StatefulRedisPubSubConnection<byte[], byte[]> ears = listening.join();
          ears.addListener(
              new RedisPubSubAdapter<>() {
                @Override
                public void message(byte[] channel, byte[] message) {
                  news.accept(channel, message);
                }
              });
          return new Lines(client, resources, open, ears);
        })
        .whenComplete((lines, failure) -> {
          if (failure != null) {
            shutDown(client, resources);
          }
        });
  }

  private static ClientResources resources(long silence) {
    // Connections that broke are opened again soon, and not by all servers in one moment.
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
                        new FlushConsolidationHandler(FLUSHED_AT, true), new Silence(silence));
              }
            })
        // One thread: what leaves in one turn, and what answers it, is one wakeup on all lanes.
        .eventLoopGroupProvider(new DefaultEventLoopGroupProvider(1))
        .computationThreadPoolSize(2)
        .build();
  }

  private static ClientOptions.Builder configured(
      ClientOptions.Builder options, RedisAddress address) {
    return options
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
            .keepAlive(KeepAliveOptions.builder().enable().idle(SILENCE).build());
    // Notices a network that swallows everything; only the native transport can.
    return EpollProvider.isAvailable()
        ? options
            .tcpUserTimeout(
                TcpUserTimeoutOptions.builder().enable().tcpUserTimeout(SILENCE).build())
            .build()
        : options.build();
  }
}
