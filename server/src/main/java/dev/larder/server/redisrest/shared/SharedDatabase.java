package dev.larder.server.redisrest.shared;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.larder.redis.client.AnyCommands;
import dev.larder.redis.client.RedisClient;
import dev.larder.redis.client.Traffic;
import dev.larder.redis.engine.Database;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import dev.larder.server.http.Refusal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The database of one namespace, in the store.
 *
 * <p>Commands keep their order. Those of a pipeline are sent together, but for walks, which take
 * several steps: what follows a walk is sent once it is over. So a pipeline is not atomic; a
 * transaction is, and therefore has no walks.
 *
 * <p>{@link Translator} makes the commands, their replies are edited by what it left with them. A
 * connection that is lost in between fails the stage with a {@link
 * dev.larder.core.spi.StoreException}; nobody can tell then whether a command was run.
 */
final class SharedDatabase implements Database {
  /** How many requests may wait for the store. */
  private static final int WAITING = 10_000;

  private final RedisClient client;
  private final AnyCommands<Reply> store;
  private final SharedChannels channels;
  private final Prefix prefix;
  private final Translator translator;

  /** Requests under way; one more than allowed is answered with 429. */
  private final AtomicInteger waiting = new AtomicInteger();

  SharedDatabase(
      RedisClient client,
      AnyCommands<Reply> store,
      SharedChannels channels,
      Prefix prefix,
      Translator translator) {
    this.client = client;
    this.store = store;
    this.channels = channels;
    this.prefix = prefix;
    this.translator = translator;
  }

  @Override
  public CompletionStage<List<Reply>> execute(List<Command> commands) {
    return counted(() -> run(commands.stream().map(translator::translate).toList()));
  }

  /** A command that cannot be in a transaction makes all of it an {@code EXECABORT}. */
  @Override
  public CompletionStage<Reply> transact(List<Command> commands) {
    List<Request> requests = translator.transaction(commands);
    List<Request.Sent> sent = new ArrayList<>(requests.size());
    for (Request request : requests) {
      if (!(request instanceof Request.Sent each)) {
        return CompletableFuture.completedFuture(
            new Reply.SimpleError("EXECABORT Transaction discarded because of previous errors."));
      }
      sent.add(each);
    }
    return counted(() ->
        killing(
            sent,
            store
                .transact(key(), sent.stream().map(Request.Sent::arrays).toList())
                .thenApply(reply ->
                    reply instanceof Reply.Array(List<Reply> replies)
                        ? Reply.of(edited(sent, replies))
                        : prefix.strip(reply))));
  }

  @Override
  public CompletionStage<Subscription> subscribe(
      Set<Bytes> names, Set<Bytes> patterns, Listener listener) {
    return channels.subscribe(client, prefix, names, patterns, listener);
  }

  @Override
  public void close() {
    // Nothing is this namespace's alone.
  }

  private <T> CompletableFuture<T> counted(Supplier<CompletableFuture<T>> request) {
    if (waiting.incrementAndGet() > WAITING) {
      waiting.decrementAndGet();
      return CompletableFuture.failedFuture(
          new Refusal(429, "overloaded", "ERR %d requests wait for the store".formatted(WAITING)));
    }
    return request.get().whenComplete((replies, failure) -> waiting.decrementAndGet());
  }

  /** By what a cluster finds the node: all names of a namespace are in one slot. */
  private byte[] key() {
    return prefix.bytes().array();
  }

  /** Runs requests in their order: those between two walks are sent together. */
  private CompletableFuture<List<Reply>> run(List<Request> requests) {
    int plain = 0;
    while (plain < requests.size() && !(requests.get(plain) instanceof Request.Walk)) {
      plain++;
    }
    CompletableFuture<List<Reply>> first = together(requests.subList(0, plain));
    if (plain == requests.size()) {
      return first;
    }
    var walk = (Request.Walk) requests.get(plain);
    List<Request> rest = requests.subList(plain + 1, requests.size());
    return first.thenCompose(replies ->
        new KeyWalk(prefix, walk, this::ask)
            .run()
            .thenCompose(walked ->
                run(rest)
                    .thenApply(others -> {
                      var all = new ArrayList<>(replies);
                      all.add(walked);
                      all.addAll(others);
                      return all;
                    })));
  }

  private CompletableFuture<List<Reply>> together(List<Request> requests) {
    List<Request.Sent> sent =
        requests.stream()
            .filter(Request.Sent.class::isInstance)
            .map(Request.Sent.class::cast)
            .toList();
    if (sent.isEmpty()) {
      return CompletableFuture.completedFuture(merged(requests, List.of()));
    }
    return killing(
            sent, store.send(Traffic.BULK, key(), sent.stream().map(Request.Sent::arrays).toList()))
        .thenApply(replies -> merged(requests, edited(sent, replies)));
  }

  private CompletableFuture<List<Reply>> ask(List<Bytes[]> commands) {
    return store.send(
        Traffic.BULK,
        key(),
        commands.stream()
            .map(parts -> Arrays.stream(parts).map(Bytes::array).toArray(byte[][]::new))
            .toList());
  }

  /** The replies as their clients are to see them, in order. */
  private static List<Reply> edited(List<Request.Sent> sent, List<Reply> replies) {
    var edited = new ArrayList<Reply>(replies.size());
    for (int i = 0; i < replies.size(); i++) {
      edited.add(sent.get(i).reply().apply(replies.get(i)));
    }
    return edited;
  }

  private static List<Reply> merged(List<Request> requests, List<Reply> replies) {
    var next = replies.iterator();
    return requests.stream()
        .map(request -> request instanceof Request.Answered(Reply reply) ? reply : next.next())
        .toList();
  }

  /**
   * The same, but a script that is not over in time is to be ended, once the store ends scripts: it
   * keeps everybody waiting. One that has written cannot be.
   */
  private <T> CompletableFuture<T> killing(List<Request.Sent> sent, CompletableFuture<T> replies) {
    return sent.stream().noneMatch(Request.Sent::script)
        ? replies
        : replies.whenComplete((done, failure) ->
            Optional.ofNullable(failure)
                .filter(SharedDatabase::isLate)
                .ifPresent(late -> {
                  // In its time: the store reads this once it lets scripts be ended.
                  // It is the one or the other.
                  var _ =
                      store.send(Traffic.URGENT, key(), List.of(kill("SCRIPT"), kill("FUNCTION")));
                }));
  }

  private static byte[][] kill(String what) {
    return new byte[][] {what.getBytes(US_ASCII), "KILL".getBytes(US_ASCII)};
  }

  /** Whether the store did not answer in time, by any of the causes. */
  private static boolean isLate(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof TimeoutException) {
        return true;
      }
    }
    return false;
  }
}
