package dev.larder.redis.engine;

import dev.larder.redis.engine.Database.Listener;
import dev.larder.redis.engine.Database.Message;
import dev.larder.redis.engine.Database.Subscription;
import dev.larder.redis.engine.command.Call;
import dev.larder.redis.engine.command.CommandTable;
import dev.larder.redis.engine.command.Flag;
import dev.larder.redis.engine.command.Glob;
import dev.larder.redis.engine.command.KeyPositions;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who listens to what. A message is delivered once what its unit changed is written, in the order
 * of publication.
 *
 * <p>PUBLISH, PUBSUB CHANNELS, PUBSUB NUMSUB and PUBSUB NUMPAT are its commands. Subscriptions come
 * and go in any thread, and the maps are guarded by this object's monitor. What waits to be
 * delivered is touched under the lock of the engine only.
 *
 * <p>Listeners are called under that lock, too: one that waits would stop the engine. A
 * subscription that is closed hears nothing more, of what was published before either. Nothing of
 * it is journalled.
 */
final class Channels {
  private final Map<Bytes, Set<Subscriber>> byName = new HashMap<>();
  private final Map<Bytes, Set<Subscriber>> byPattern = new HashMap<>();
  private final List<Delivery> waiting = new ArrayList<>();

  /**
   * A message on its way to one subscriber.
   *
   * @param to who hears it
   * @param message what is heard
   */
  private record Delivery(Subscriber to, Message message) {}

  /** One who listens; told apart from others by being another object. */
  private static final class Subscriber {
    private final Listener listener;
    private volatile boolean closed;

    Subscriber(Listener listener) {
      this.listener = listener;
    }
  }

  /** Adds the commands to a table. */
  void addTo(CommandTable table) {
    table.add("publish", 3, Set.of(Flag.PUBSUB), KeyPositions.NONE, this::publish);
    table.add("pubsub|channels", -2, Set.of(Flag.PUBSUB), KeyPositions.NONE, this::names);
    table.add("pubsub|numsub", -2, Set.of(Flag.PUBSUB), KeyPositions.NONE, this::counts);
    table.add("pubsub|numpat", 2, Set.of(Flag.PUBSUB), KeyPositions.NONE, this::patterns);
  }

  /**
   * Adds a subscriber from any thread. One that subscribed by several patterns, or by name too,
   * hears a message once for each.
   */
  synchronized Subscription subscribe(Set<Bytes> names, Set<Bytes> patterns, Listener listener) {
    var subscriber = new Subscriber(listener);
    names.forEach(name -> add(byName, name, subscriber));
    patterns.forEach(pattern -> add(byPattern, pattern, subscriber));
    return () -> {
      subscriber.closed = true;
      synchronized (this) {
        names.forEach(name -> remove(byName, name, subscriber));
        patterns.forEach(pattern -> remove(byPattern, pattern, subscriber));
      }
    };
  }

  /** Delivers what was published. */
  void deliver() {
    if (waiting.isEmpty()) {
      return;
    }
    for (Delivery delivery : waiting) {
      if (!delivery.to.closed) {
        delivery.to.listener.onMessage(delivery.message);
      }
    }
    waiting.clear();
  }

  /**
   * PUBLISH channel message. The message waits until what the same call changed is written.
   *
   * @return how many will hear it, counted once for each name and pattern
   */
  private synchronized Reply publish(Call call) {
    Bytes channel = call.arg(1);
    Bytes payload = call.arg(2);
    int before = waiting.size();
    for (Subscriber subscriber : byName.getOrDefault(channel, Set.of())) {
      waiting.add(new Delivery(subscriber, new Message(Bytes.EMPTY, channel, payload)));
    }
    byPattern.forEach((pattern, subscribers) -> {
      if (new Glob(pattern).matches(channel)) {
        for (Subscriber subscriber : subscribers) {
          waiting.add(new Delivery(subscriber, new Message(pattern, channel, payload)));
        }
      }
    });
    return Reply.of(waiting.size() - before);
  }

  /** PUBSUB CHANNELS [pattern]: channels somebody listens to by name. */
  private synchronized Reply names(Call call) {
    var glob = call.size() > 2 ? new Glob(call.arg(2)) : new Glob(Bytes.of("*"));
    return Reply.ofStrings(byName.keySet().stream().filter(glob::matches).toList());
  }

  /** PUBSUB NUMSUB [channel …]: channels and numbers of listeners in turn. */
  private synchronized Reply counts(Call call) {
    var counts = new ArrayList<Reply>();
    for (int i = 2; i < call.size(); i++) {
      counts.add(Reply.of(call.arg(i)));
      counts.add(Reply.of(byName.getOrDefault(call.arg(i), Set.of()).size()));
    }
    return Reply.of(counts);
  }

  /** PUBSUB NUMPAT: how many different patterns there are. */
  private synchronized Reply patterns(Call call) {
    return Reply.of(byPattern.size());
  }

  private static void add(Map<Bytes, Set<Subscriber>> map, Bytes name, Subscriber subscriber) {
    map.computeIfAbsent(name, none -> new LinkedHashSet<>()).add(subscriber);
  }

  /** Takes a subscriber out; a name nobody listens to is forgotten. */
  private static void remove(Map<Bytes, Set<Subscriber>> map, Bytes name, Subscriber subscriber) {
    Set<Subscriber> subscribers = map.get(name);
    if (subscribers != null && subscribers.remove(subscriber) && subscribers.isEmpty()) {
      map.remove(name);
    }
  }
}
