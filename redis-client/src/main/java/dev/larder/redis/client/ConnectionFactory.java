package dev.larder.redis.client;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SocketOptions.KeepAliveOptions;
import io.lettuce.core.SocketOptions.TcpUserTimeoutOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
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
import java.util.EnumMap;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Opens the {@link Connections} to a store: to one server, to the master of a Sentinel group, or to
 * every node of a cluster. All of them share one event loop, and come back by themselves.
 */
final class ConnectionFactory {
  /** How many commands may wait for replies on a connection; one more fails at once. */
  private static final int MAX_WAITING = 50_000;

  /** How many commands of one turn of the event loop leave in one write at most. */
  private static final int FLUSHED_AT = 64;

  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(2);

  /** After how long an unacknowledged packet ends a connection, and an idle one is probed. */
  private static final Duration UNACKNOWLEDGED = Duration.ofSeconds(5);

  private ConnectionFactory() {}

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
      Connections.shutDown(resources);
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
            Connections.shutDown(client, resources);
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
            Connections.shutDown(client, resources);
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
