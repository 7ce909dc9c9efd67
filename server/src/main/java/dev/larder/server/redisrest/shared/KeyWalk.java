package dev.larder.server.redisrest.shared;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/* Redis has no list of the keys of a namespace: SCAN looks at those of all others too, some at a time so that nobody
 * waits for it. KEYS would look at all of them at once.
 */
/**
 * Walks the keys of a namespace, step by step.
 *
 * <p>What a walk promises is what SCAN of Redis promises: a key that is there all the time is
 * found, one that comes or goes meanwhile may be. A key that SCAN shows twice is counted once. An
 * error of the store ends the walk and is its answer.
 */
final class KeyWalk {
  /**
   * What is to be found.
   *
   * <p>The commands of clients that are walks.
   */
  enum Kind {
    SCAN,
    KEYS,
    DBSIZE,
    RANDOMKEY,
    FLUSH
  }

  /** How many steps one SCAN of a client may take, while it finds too little. */
  private static final int STEPS = 50;

  private final Prefix prefix;
  private final Kind kind;
  private final ScanOptions options;
  private final Function<List<Bytes[]>, CompletableFuture<List<Reply>>> store;

  /** Names as they are in the store, in the order in which they were found. */
  private final Set<Bytes> found = new LinkedHashSet<>();

  private int steps;

  /**
   * A walk that has not begun.
   *
   * @param store sends commands
   */
  KeyWalk(
      Prefix prefix,
      Request.Walk walk,
      Function<List<Bytes[]>, CompletableFuture<List<Reply>>> store) {
    this.prefix = prefix;
    this.kind = walk.what();
    this.options = walk.options();
    this.store = store;
  }

  /**
   * Walks.
   *
   * <p>Begins at the cursor of the options. May be called once.
   */
  CompletableFuture<Reply> run() {
    return step(options.cursor());
  }

  /** Looks at some keys, and goes on until the cursor is 0, or a SCAN has found enough. */
  private CompletableFuture<Reply> step(Bytes from) {
    steps++;
    long least = kind == Kind.SCAN && steps == 1 ? 1 : ScanOptions.MANY;
    return store
        .apply(List.<Bytes[]>of(options.command(prefix, from, least)))
        .thenCompose(replies -> {
          if (!(replies.getFirst() instanceof Reply.Array(List<Reply> page))
              || !(page.getFirst() instanceof Reply.BulkString(Bytes cursor))
              || !(page.getLast() instanceof Reply.Array(List<Reply> keys))) {
            return CompletableFuture.completedFuture(replies.getFirst());
          }
          var names = new ArrayList<Bytes>(keys.size());
          for (Reply key : keys) {
            if (key instanceof Reply.BulkString(Bytes name)) {
              names.add(name);
            }
          }
          return seen(names)
              .thenCompose(failed -> {
                if (failed != null) {
                  return CompletableFuture.completedFuture(failed);
                }
                boolean over = cursor.equals(ScanOptions.START);
                boolean enough =
                    kind == Kind.SCAN && (found.size() >= options.count() || steps == STEPS);
                return over || enough ? answer(cursor) : step(cursor);
              });
        });
  }

  /** Keeps what was found, or removes it; answers an error if it cannot be removed. */
  private CompletableFuture<@Nullable Reply> seen(List<Bytes> names) {
    found.addAll(names);
    if (kind != Kind.FLUSH || names.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    found.clear();
    var unlink = new ArrayList<Bytes>();
    unlink.add(Bytes.of("UNLINK"));
    unlink.addAll(names);
    return store
        .apply(List.<Bytes[]>of(unlink.toArray(Bytes[]::new)))
        .thenApply(replies -> replies.getFirst() instanceof Reply.SimpleError error ? error : null);
  }

  private CompletableFuture<Reply> answer(Bytes cursor) {
    return switch (kind) {
      case SCAN -> types().thenApply(types -> page(cursor, types));
      case KEYS -> CompletableFuture.completedFuture(Reply.ofStrings(names()));
      case DBSIZE -> CompletableFuture.completedFuture(Reply.of(found.size()));
      case FLUSH -> CompletableFuture.completedFuture(Reply.OK);
      case RANDOMKEY -> {
        List<Bytes> names = names();
        yield CompletableFuture.completedFuture(
            names.isEmpty()
                ? Reply.NIL
                : Reply.of(names.get(ThreadLocalRandom.current().nextInt(names.size()))));
      }
    };
  }

  private List<Bytes> names() {
    return found.stream().map(prefix::strip).toList();
  }

  /** The type of each key that was found, in order; nothing if nobody asked for it. */
  private CompletableFuture<List<Reply>> types() {
    return options.withType() && !found.isEmpty()
        ? store.apply(found.stream().map(name -> new Bytes[] {Bytes.of("TYPE"), name}).toList())
        : CompletableFuture.completedFuture(List.of());
  }

  /** An answer of SCAN; with types each name is followed by its type. */
  private Reply page(Bytes cursor, List<Reply> types) {
    var shown = new ArrayList<Reply>();
    List<Bytes> names = names();
    for (int i = 0; i < names.size(); i++) {
      shown.add(Reply.of(names.get(i)));
      if (options.withType()) {
        shown.add(types.get(i));
      }
    }
    return Reply.of(List.of(Reply.of(cursor), Reply.of(shown)));
  }
}
