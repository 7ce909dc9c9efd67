package dev.larder.redis.engine.log;

import dev.larder.redis.engine.command.CommandTable;
import dev.larder.redis.engine.command.Executor;
import dev.larder.redis.engine.command.JsonText;
import dev.larder.redis.engine.data.HashValue;
import dev.larder.redis.engine.data.JsonValue;
import dev.larder.redis.engine.data.Keyspace;
import dev.larder.redis.engine.data.ListValue;
import dev.larder.redis.engine.data.SetValue;
import dev.larder.redis.engine.data.SortedSetValue;
import dev.larder.redis.engine.data.StreamGroup;
import dev.larder.redis.engine.data.StreamValue;
import dev.larder.redis.engine.data.StringValue;
import dev.larder.redis.engine.data.Value;
import dev.larder.redis.engine.lua.LibraryHeader;
import dev.larder.redis.engine.resp.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/* Snapshots are made from files, not from the database: a copy of it is built in another thread by running what the
 * journal holds, as when it is opened, and written. So nobody waits for a snapshot, and every snapshot was a recovery.
 * The price is the memory for that copy while it is built.
 */
/**
 * A copy of a database that is built from its journal, and can be written as commands.
 *
 * <p>It is built by one thread that nobody waits for, and thrown away once it is written. Libraries
 * of functions are kept as their sources, and not run: running them needs a script engine, and has
 * no effect on keys.
 *
 * <p>Each key is one unit: a recovery has all of a key or nothing. Large values are several
 * commands of 1000 parts.
 */
final class Snapshot {
  /** How many parts a command has at most; an even number, for pairs. */
  private static final int CHUNK = 1000;

  private static final Bytes PEXPIREAT = Bytes.of("PEXPIREAT");

  private final CommandTable table = new CommandTable();
  private final Map<String, Bytes> libraries = new LinkedHashMap<>();
  private final Keyspace keys = new Keyspace(new Unlogged());
  private final Executor executor = new Executor(table, keys, new Random(0), effect -> {});

  /** Nothing is removed by itself: there is no time. */
  private static final class Unlogged implements Keyspace.Removals {
    @Override
    public void key(Bytes key) {}

    @Override
    public void fields(Bytes key, List<Bytes> fields) {}
  }

  /** A copy of an empty database. */
  Snapshot() {
    // Nothing expires: what did is removed by the journal.
    keys.setNow(Long.MIN_VALUE);
  }

  /**
   * Runs a command of the journal.
   *
   * @param parts as they are in the journal
   */
  void run(Bytes[] parts) {
    if (parts[0].is("function")) {
      function(parts);
      return;
    }
    executor.run(table.resolve(parts), parts);
  }

  /** Keeps the sources of libraries, which are not run here. */
  private void function(Bytes[] parts) {
    if (parts[1].is("load")) {
      Bytes source = parts[parts.length - 1];
      libraries.put(LibraryHeader.name(source), source);
    } else if (parts[1].is("delete")) {
      libraries.remove(parts[2].toString());
    } else {
      libraries.clear();
    }
  }

  /** Shows units that build the same again. */
  void write(Consumer<List<Bytes[]>> unit) {
    libraries
        .values()
        .forEach(source ->
            unit.accept(List.<Bytes[]>of(command("FUNCTION", "LOAD", "REPLACE", source))));
    keys.values()
        .forEach((key, value) -> {
          var commands = new ArrayList<Bytes[]>();
          commandsOf(key, value, commands);
          if (value.expiresAt() != Value.NEVER) {
            commands.add(new Bytes[] {PEXPIREAT, key, Bytes.of(value.expiresAt())});
          }
          unit.accept(commands);
        });
  }

  /** Adds the commands that make a value under a key, without the key's expiry. */
  private static void commandsOf(Bytes key, Value value, List<Bytes[]> commands) {
    switch (value) {
      case StringValue string -> commands.add(new Bytes[] {Bytes.of("SET"), key, string.bytes()});
      case HashValue hash -> {
        var parts = new ArrayList<Bytes>();
        hash.fields().forEach((field, content) -> parts.addAll(List.of(field, content)));
        chunked("HSET", key, parts, commands);
        hash.expiries()
            .forEach((field, at) ->
                commands.add(command("HPEXPIREAT", key, Bytes.of(at), "FIELDS", "1", field)));
      }
      case JsonValue json ->
          commands.add(command("JSON.SET", key, "$", JsonText.write(json.root())));
      case StreamValue stream -> stream(key, stream, commands);
      case SetValue set -> chunked("SADD", key, Arrays.asList(set.members().keys()), commands);
      case ListValue list -> chunked("RPUSH", key, list.range(0, list.size()), commands);
      case SortedSetValue sorted -> {
        var parts = new ArrayList<Bytes>();
        sorted
            .range(0, sorted.size())
            .forEach(entry -> {
              parts.add(Bytes.of(Double.toString(entry.score()).replace("Infinity", "inf")));
              parts.add(entry.member());
            });
        chunked("ZADD", key, parts, commands);
      }
    }
  }

  /**
   * Entries first, then what is remembered of removed ones, then the groups. A stream without
   * entries is made by a group that is destroyed again: no other command makes an empty one.
   */
  private static void stream(Bytes key, StreamValue stream, List<Bytes[]> commands) {
    Bytes add = Bytes.of("XADD");
    stream
        .entries()
        .forEach((id, fields) -> {
          var parts = new ArrayList<Bytes>(List.of(add, key, id.text()));
          parts.addAll(fields);
          commands.add(parts.toArray(Bytes[]::new));
        });
    if (stream.entries().isEmpty()) {
      commands.add(command("XGROUP", "CREATE", key, "g", "0", "MKSTREAM"));
      commands.add(command("XGROUP", "DESTROY", key, "g"));
    }
    commands.add(
        command(
            "XSETID",
            key,
            stream.last().text(),
            "ENTRIESADDED",
            Bytes.of(stream.entriesAdded()),
            "MAXDELETEDID",
            stream.maxDeleted().text()));
    stream.groups().forEach((name, group) -> group(key, name, group, commands));
  }

  /** A group, its consumers, and for each pending entry an XCLAIM that delivers it as before. */
  private static void group(Bytes key, Bytes name, StreamGroup group, List<Bytes[]> commands) {
    commands.add(
        command(
            "XGROUP",
            "CREATE",
            key,
            name,
            group.last().text(),
            "ENTRIESREAD",
            Bytes.of(group.entriesRead())));
    group
        .consumers()
        .keySet()
        .forEach(
            consumer -> commands.add(command("XGROUP", "CREATECONSUMER", key, name, consumer)));
    group
        .pending()
        .forEach((id, entry) ->
            commands.add(
                command(
                    "XCLAIM",
                    key,
                    name,
                    entry.consumer().name(),
                    "0",
                    id.text(),
                    "TIME",
                    Bytes.of(entry.deliveredAt()),
                    "RETRYCOUNT",
                    Bytes.of(entry.deliveries()),
                    "FORCE",
                    "JUSTID")));
  }

  /** A command of words and bytes. */
  private static Bytes[] command(Object... parts) {
    return Arrays.stream(parts)
        .map(part -> part instanceof Bytes bytes ? bytes : Bytes.of((String) part))
        .toArray(Bytes[]::new);
  }

  /** Adds as many commands as the parts need. */
  private static void chunked(String name, Bytes key, List<Bytes> parts, List<Bytes[]> commands) {
    Bytes command = Bytes.of(name);
    for (int i = 0; i < parts.size(); i += CHUNK) {
      var all = new ArrayList<Bytes>(List.of(command, key));
      all.addAll(parts.subList(i, Math.min(parts.size(), i + CHUNK)));
      commands.add(all.toArray(Bytes[]::new));
    }
  }
}
