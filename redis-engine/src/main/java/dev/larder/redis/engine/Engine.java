package dev.larder.redis.engine;

import dev.larder.redis.engine.command.CommandException;
import dev.larder.redis.engine.command.CommandSpec;
import dev.larder.redis.engine.command.CommandTable;
import dev.larder.redis.engine.command.Executor;
import dev.larder.redis.engine.command.Flag;
import dev.larder.redis.engine.data.Eviction;
import dev.larder.redis.engine.data.Keyspace;
import dev.larder.redis.engine.lua.ScriptCommands;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import dev.larder.redis.engine.spi.Journal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

/* One lock: a command, a transaction and a script each hold it from beginning to end, and so does the write of what
 * they changed. What several commands of one call changed is written at once, before any of them is answered. If it
 * cannot be written, it is in memory and not acknowledged; whatever writes is refused until the journal takes it.
 */
/**
 * The embedded database. Its methods answer in the thread that calls them, which may be any.
 *
 * <p>One lock makes it so: a command, a transaction and a script each hold it from the first look
 * at a key to the write of what they changed. So every reply is about one moment, and what is
 * answered is written. The time is read once for each call; keys expire at that time, and not
 * between the commands of a transaction.
 *
 * <p>What is written are effects, see {@link Journal}: they do not depend on the time, on chance,
 * or on what else is in a script. What several commands of one call changed is written at once,
 * before any of them is answered.
 *
 * <p>If the journal cannot be written, the change is in memory, and its reply is {@code MISCONF}.
 * Whatever writes is refused until the journal takes what waits; reading goes on.
 */
public final class Engine implements Database {
  /** The effect of a key that expired or was evicted. */
  private static final Bytes DEL = Bytes.of("DEL");

  /** The effect of fields that expired. */
  private static final Bytes HDEL = Bytes.of("HDEL");

  /** How many keys whose time has come are removed before a command is run. */
  private static final int EXPIRED_PER_COMMAND = 4;

  /** How many parts commands may have together that are fast. */
  private static final int FAST_PARTS = 256;

  private final ReentrantLock lock = new ReentrantLock();
  private final CommandTable table = new CommandTable();

  /** The effects that are written together or not at all. */
  private final List<Bytes[]> unit = new ArrayList<>();

  private final Keyspace keys = new Keyspace(new Logged());
  private final Channels channels = new Channels();
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Journal journal;
  private final Eviction eviction;
  private final MemoryBudget memory;

  /** The bytes of this engine that the budget counts. */
  private long counted;

  private final Executor executor;

  /** Whether the journal was given something that it has not written. */
  private boolean unwritten;

  /** Whether the last write failed, so that commands that write are refused. */
  private boolean refused;

  /**
   * Builds an engine and reads its journal.
   *
   * @throws IOException if the journal cannot be read, or is damaged; it is closed then
   */
  Engine(EngineBuilder builder) throws IOException {
    clock = builder.clock;
    random = builder.random;
    journal = builder.journal;
    eviction = builder.eviction;
    memory = builder.memory;
    executor = new Executor(table, keys, random, unit::add);
    channels.addTo(table);
    new ScriptCommands(builder.scriptMillis, builder.scriptMemory, this::hasRoom).addTo(table);
    try {
      recover();
    } catch (IOException | RuntimeException e) {
      journal.close();
      throw e;
    }
    memory.join();
  }

  /** What is removed by itself, as commands that do it. */
  private final class Logged implements Keyspace.Removals {
    @Override
    public void key(Bytes key) {
      unit.add(new Bytes[] {DEL, key});
    }

    @Override
    public void fields(Bytes key, List<Bytes> fields) {
      var parts = new ArrayList<Bytes>(List.of(HDEL, key));
      parts.addAll(fields);
      unit.add(parts.toArray(Bytes[]::new));
    }
  }

  /** Begins to build an engine. */
  public static EngineBuilder builder() {
    return new EngineBuilder();
  }

  /**
   * Runs what the journal holds. There is no time meanwhile, so nothing expires by itself; what did
   * is a DEL in the journal. Nothing of it is written again.
   */
  private void recover() throws IOException {
    keys.setNow(Long.MIN_VALUE);
    journal.recover(parts -> executor.run(table.resolve(parts), parts));
    unit.clear();
    count(keys.weight());
  }

  /**
   * The commands it knows.
   *
   * <p>It is complete, and must not be changed.
   */
  public CommandTable commands() {
    return table;
  }

  /**
   * Runs one command.
   *
   * <p>It waits for the lock, and for the disk if the journal forces each write.
   *
   * @return its reply, which is an error if the command cannot be run
   */
  public Reply execute(Command command) {
    lock.lock();
    try {
      begin();
      Reply reply = run(command.parts());
      endUnit();
      return commit(List.of(reply)).getFirst();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public CompletionStage<List<Reply>> execute(List<Command> commands) {
    return CompletableFuture.completedFuture(executeAll(commands));
  }

  /**
   * Runs commands in their order, each for itself.
   *
   * <p>Each is a unit of the journal; all are written at once, before this returns. The lock is
   * held for all of them, so nothing comes between.
   *
   * @return as many replies as there are commands; all are {@code MISCONF} if the write fails
   */
  public List<Reply> executeAll(List<Command> commands) {
    lock.lock();
    try {
      begin();
      return commit(runEach(commands));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Runs commands as {@link #executeAll} does, if that takes microseconds and waits for nobody: for
   * a thread that must not.
   *
   * <p>Nothing is written: keys that are found to have expired are removed, which is written with
   * the next change.
   *
   * @return nothing if one of the commands may change something or take long, if there are more
   *     than {@value #FAST_PARTS} parts, or if somebody else is at work
   */
  public Optional<List<Reply>> readAtOnce(List<Command> commands) {
    if (!areFast(commands) || !lock.tryLock()) {
      return Optional.empty();
    }
    try {
      keys.setNow(clock.millis());
      return Optional.of(runEach(commands));
    } finally {
      lock.unlock();
    }
  }

  private boolean areFast(List<Command> commands) {
    int parts = 0;
    for (Command command : commands) {
      parts += command.parts().length;
      CommandSpec spec = table.lookup(command.parts());
      if (parts > FAST_PARTS || spec == null || !spec.is(Flag.FAST)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public CompletionStage<Reply> transact(List<Command> commands) {
    return CompletableFuture.completedFuture(transaction(commands));
  }

  /**
   * Runs commands as one unit; answers an array, or an error if one of them cannot be queued.
   *
   * <p>A command that fails when it is run does not undo others, as in Redis.
   *
   * @return the replies, {@code EXECABORT} if a command is unknown or has a wrong number of parts,
   *     or {@code MISCONF} if the write fails
   */
  public Reply transaction(List<Command> commands) {
    for (Command command : commands) {
      try {
        table.resolve(command.parts());
      } catch (CommandException e) {
        return new Reply.SimpleError("EXECABORT Transaction discarded because of previous errors.");
      }
    }
    lock.lock();
    try {
      begin();
      var replies = new ArrayList<Reply>(commands.size());
      for (Command command : commands) {
        replies.add(run(command.parts()));
      }
      endUnit();
      return commit(List.of(Reply.of(replies))).getFirst();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public CompletionStage<Subscription> subscribe(
      Set<Bytes> names, Set<Bytes> patterns, Listener listener) {
    return CompletableFuture.completedFuture(channels.subscribe(names, patterns, listener));
  }

  /**
   * Removes keys whose time has come, for 1 ms at most, and makes room for other engines of the
   * budget; true if there may be more.
   *
   * <p>Somebody must call it now and then: keys that nobody looks at keep their memory otherwise.
   * Each call of the other methods removes up to four.
   */
  public boolean removeExpired() {
    lock.lock();
    try {
      long until = System.nanoTime() + 1_000_000;
      begin();
      boolean more = true;
      while (more && System.nanoTime() - until < 0) {
        more = keys.removeExpired(64) == 64;
      }
      makeRoom();
      endUnit();
      commit(List.of());
      return more;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      count(0);
      memory.leave();
      journal.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      lock.unlock();
    }
  }

  /** Sets the time of what follows. */
  private void begin() {
    keys.setNow(clock.millis());
    keys.removeExpired(EXPIRED_PER_COMMAND);
  }

  /**
   * Evicts keys until there is room, or nothing is left that may be evicted. An engine that uses no
   * more than its share of the budget evicts nothing: it is for the others to make room.
   */
  private void makeRoom() {
    while (isFull() && memory.exceedsShare(counted) && keys.evict(eviction, random)) {
      // One after the other.
    }
  }

  /** Whether this engine takes more than the budget leaves for it. */
  private boolean isFull() {
    count(keys.weight());
    return counted > memory.allowance(counted);
  }

  /** Tells the budget how many bytes are used. */
  private void count(long bytes) {
    if (bytes != counted) {
      memory.changed(bytes - counted);
      counted = bytes;
    }
  }

  /** Makes room if there is none; true if the command needs none, or there is some. */
  private boolean hasRoom(CommandSpec spec) {
    if (isFull()) {
      makeRoom();
    }
    return !spec.is(Flag.DENY_OOM) || !isFull() || othersMakeRoom();
  }

  /** True if other engines take more than their share, and have to evict. */
  private boolean othersMakeRoom() {
    return eviction != Eviction.NONE && !memory.exceedsShare(counted) && memory.nearlyHolds();
  }

  /**
   * Runs a command under the lock: refused if there is no room for it, or the journal does not take
   * changes.
   */
  private Reply run(Bytes[] parts) {
    try {
      CommandSpec spec = table.resolve(parts);
      if (!hasRoom(spec)) {
        return new Reply.SimpleError("OOM command not allowed when used memory > 'maxmemory'.");
      }
      if (refused && spec.is(Flag.WRITE)) {
        return unwritable("an earlier change is not written yet");
      }
      return executor.run(spec, parts);
    } catch (CommandException e) {
      return e.reply();
    }
  }

  /** Runs commands under the lock, each a unit of the journal. */
  private List<Reply> runEach(List<Command> commands) {
    var replies = new ArrayList<Reply>(commands.size());
    for (Command command : commands) {
      replies.add(run(command.parts()));
      endUnit();
    }
    return replies;
  }

  /** Gives the journal what was changed since the last unit. */
  private void endUnit() {
    if (!unit.isEmpty()) {
      journal.append(unit);
      unit.clear();
      unwritten = true;
    }
  }

  /**
   * Writes, then delivers messages.
   *
   * @return the replies, or as many errors if the write failed
   */
  private List<Reply> commit(List<Reply> replies) {
    count(keys.weight());
    if (unwritten) {
      try {
        journal.commit();
        unwritten = false;
        refused = false;
      } catch (IOException e) {
        refused = true;
        Reply failed = unwritable(String.valueOf(e.getMessage()));
        return replies.stream().map(reply -> failed).toList();
      }
    }
    channels.deliver();
    return replies;
  }

  /** The reply in place of one that cannot be acknowledged; clients know its code from Redis. */
  private static Reply unwritable(String why) {
    return new Reply.SimpleError("MISCONF Errors writing to the AOF file: " + why);
  }
}
