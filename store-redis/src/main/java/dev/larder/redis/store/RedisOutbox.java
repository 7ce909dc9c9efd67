package dev.larder.redis.store;

import dev.larder.core.AsOf;
import dev.larder.core.AuditedInvalidation;
import dev.larder.core.Namespace;
import dev.larder.core.spi.Outbox;
import dev.larder.redis.client.RedisClient;
import dev.larder.redis.client.Traffic;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** What is to be told outside of a store: a stream in the slot of each namespace. */
final class RedisOutbox implements Outbox {
  private final RedisClient redis;
  private final String server;
  private final Supplier<CompletionStage<List<Namespace>>> namespaces;

  /**
   * The outbox of a store.
   *
   * @param server the id of this server
   * @param namespaces every namespace there is
   */
  RedisOutbox(
      RedisClient redis, String server, Supplier<CompletionStage<List<Namespace>>> namespaces) {
    this.redis = redis;
    this.server = server;
    this.namespaces = namespaces;
  }

  @Override
  public CompletionStage<List<Namespace>> namespaces() {
    return namespaces.get();
  }

  @Override
  public CompletionStage<Waiting> after(Namespace namespace, AsOf known, int most) {
    return redis
        .run(
            Traffic.BULK,
            Scripts.OUTBOX,
            keys(namespace),
            Names.bytes(known.store().toString()),
            Names.bytes(known.revision().toString()),
            Names.bytes(Integer.toString(most)))
        .thenApply(reply -> reply.size() < 2 ? Waiting.NOTHING : waiting(reply));
  }

  private static Waiting waiting(List<Object> reply) {
    List<AuditedInvalidation> invalidations =
        Replies.list(reply.get(1)).stream().map(Replies::audited).toList();
    return new Waiting(Replies.identity(reply.getFirst()), invalidations);
  }

  @Override
  public CompletionStage<Void> remove(Namespace namespace, AsOf upTo) {
    return redis
        .run(
            Traffic.BULK,
            Scripts.TOLD,
            keys(namespace),
            Names.bytes(upTo.store().toString()),
            Names.bytes(upTo.revision().toString()))
        .thenAccept(removed -> {});
  }

  @Override
  public CompletionStage<Boolean> lead(long millis) {
    return redis
        .run(
            Traffic.BULK,
            Scripts.LEAD,
            new byte[][] {Names.OUTBOX_LEADER},
            Names.bytes(server),
            Names.bytes(Long.toString(millis)))
        .thenApply(reply -> reply.getFirst() instanceof Long one && one == 1);
  }

  private static byte[][] keys(Namespace namespace) {
    var names = new Names(namespace);
    return new byte[][] {names.record(), names.outbox()};
  }
}
