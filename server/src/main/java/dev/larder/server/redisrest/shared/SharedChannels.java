package dev.larder.server.redisrest.shared;

import dev.larder.redis.client.RedisClient;
import dev.larder.redis.engine.Database.Listener;
import dev.larder.redis.engine.Database.Message;
import dev.larder.redis.engine.Database.Subscription;
import dev.larder.redis.engine.resp.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/* The store is asked once to subscribe to a name, when somebody listens to it, and once to end that, when nobody does any
 * more. Both are sent while this is locked, so that they are in the order in which it happened.
 */
/**
 * Who listens to which channels and patterns of the store.
 *
 * <p>Names of a namespace have its prefix in the store, so one namespace hears nothing of another.
 * Messages are passed on by the thread of the connection, in the order of the store; a listener
 * must not wait.
 */
final class SharedChannels {
  private final Map<Name, Heard> heard = new HashMap<>();

  /** A channel or a pattern, as the store knows it. */
  private record Name(Bytes name, boolean pattern) {}

  /** Those who listen to one name, since the store was asked to subscribe. */
  private static final class Heard {
    private final Set<Listening> listeners = ConcurrentHashMap.newKeySet();

    /** Completes once the store listens for us; whoever comes later waits for the same. */
    private CompletableFuture<Void> subscribed = CompletableFuture.completedFuture(null);
  }

  /** One who listens; told apart from others by being another object. */
  private static final class Listening {
    private final Prefix prefix;
    private final Listener listener;
    private volatile boolean over;

    Listening(Prefix prefix, Listener listener) {
      this.prefix = prefix;
      this.listener = listener;
    }
  }

  /**
   * Listens.
   *
   * @param channels as the client knows them
   * @param patterns likewise
   * @return completes once the store has subscribed; fails if it cannot
   */
  CompletableFuture<Subscription> subscribe(
      RedisClient client,
      Prefix prefix,
      Set<Bytes> channels,
      Set<Bytes> patterns,
      Listener listener) {
    var names = new ArrayList<Name>();
    channels.forEach(channel -> names.add(new Name(prefix.add(channel), false)));
    patterns.forEach(pattern -> names.add(new Name(prefix.add(pattern), true)));
    var one = new Listening(prefix, listener);
    Subscription subscription = () -> leave(client, names, one);
    return client
        .connect()
        .thenCompose(connected -> enter(client, names, one))
        .handle((done, failure) -> {
          if (failure != null) {
            subscription.close();
            throw failure instanceof RuntimeException e ? e : new IllegalStateException(failure);
          }
          return subscription;
        });
  }

  private synchronized CompletableFuture<Void> enter(
      RedisClient client, List<Name> names, Listening one) {
    return CompletableFuture.allOf(
        names.stream()
            .map(name -> {
              Heard those = heard.computeIfAbsent(name, first -> new Heard());
              if (those.listeners.isEmpty()) {
                those.subscribed = client.listen(name.name().array(), name.pattern());
              }
              those.listeners.add(one);
              return those.subscribed;
            })
            .toArray(CompletableFuture[]::new));
  }

  private synchronized void leave(RedisClient client, List<Name> names, Listening one) {
    one.over = true;
    for (Name name : names) {
      Heard those = heard.get(name);
      if (those != null && those.listeners.remove(one) && those.listeners.isEmpty()) {
        heard.remove(name);
        client.stopListening(name.name().array(), name.pattern());
      }
    }
  }

  /**
   * Passes a message of the store on.
   *
   * @param pattern by which it was heard; empty: by its channel
   */
  void received(Optional<byte[]> pattern, byte[] channel, byte[] payload) {
    Bytes name = Bytes.wrap(channel);
    Optional<Bytes> matched = pattern.map(Bytes::wrap);
    Set<Listening> listeners = listeners(new Name(matched.orElse(name), matched.isPresent()));
    for (Listening each : listeners) {
      if (!each.over) {
        each.listener.onMessage(
            new Message(
                matched.map(each.prefix::strip).orElse(Bytes.EMPTY),
                each.prefix.strip(name),
                Bytes.wrap(payload)));
      }
    }
  }

  private synchronized Set<Listening> listeners(Name name) {
    Heard those = heard.get(name);
    return those == null ? Set.of() : those.listeners;
  }
}
