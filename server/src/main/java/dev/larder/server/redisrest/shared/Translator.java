package dev.larder.server.redisrest.shared;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.larder.redis.engine.command.CommandException;
import dev.larder.redis.engine.command.CommandSpec;
import dev.larder.redis.engine.command.CommandTable;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Numbers;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/* A command is sent only if the table of the engine has it, because the table says where its keys are: one that is not
 * known could reach the keys of others. What else names keys is here: patterns, channels, and replies.
 */
/**
 * Makes commands of a client into commands of the store, for one namespace.
 *
 * <p>A command goes three ways: it is sent with its names prefixed, and its reply is edited; it
 * becomes a {@link KeyWalk}; or it is answered here, with an error. What may run at all is decided
 * before, by the rules of the endpoint. Safe for use by many threads.
 */
final class Translator {
  private final CommandTable table;
  private final Prefix prefix;
  private final Scripts scripts;
  private final Libraries libraries;

  /** The translator of a namespace. */
  Translator(CommandTable table, Prefix prefix, Scripts scripts, Libraries libraries) {
    this.table = table;
    this.prefix = prefix;
    this.scripts = scripts;
    this.libraries = libraries;
  }

  /**
   * What a command becomes; an error if it is none.
   *
   * <p>Never throws: what the table does not know, or has the wrong number of arguments for, is
   * answered with the error that Redis has for it.
   */
  Request translate(Command command) {
    Bytes[] parts = command.parts();
    try {
      CommandSpec spec = table.resolve(parts);
      return translate(spec, parts.clone());
    } catch (CommandException e) {
      return new Request.Answered(e.reply());
    }
  }

  private Request translate(CommandSpec spec, Bytes[] parts) {
    return switch (spec.name()) {
      case "scan" -> new Request.Walk(KeyWalk.Kind.SCAN, ScanOptions.of(parts));
      case "keys" -> new Request.Walk(KeyWalk.Kind.KEYS, ScanOptions.all(parts[1]));
      case "dbsize" -> new Request.Walk(KeyWalk.Kind.DBSIZE, ScanOptions.all());
      case "randomkey" -> new Request.Walk(KeyWalk.Kind.RANDOMKEY, ScanOptions.all());
      case "flushdb", "flushall" -> flush(parts);
      case "sort", "sort_ro" -> sent(sort(parts), prefix::strip);
      case "georadius" -> sent(places(parts, 6), prefix::strip);
      case "georadiusbymember" -> sent(places(parts, 5), prefix::strip);
      case "copy" -> copy(spec, parts);
      case "xread", "xreadgroup" -> sent(streams(parts), this::stripStreams);
      case "lmpop", "zmpop" -> sent(keys(spec, parts), prefix::stripFirst);
      case "publish" -> sent(at(parts, 1), prefix::strip);
      case "pubsub|channels" -> sent(channels(parts), prefix::stripAll);
      case "pubsub|numsub" -> sent(from(parts, 2), prefix::stripAll);
      case "eval", "eval_ro" -> evaluate(spec, parts);
      case "evalsha", "evalsha_ro" -> evaluateKnown(spec, parts);
      case "script|load" -> load(parts);
      case "script|exists" -> exists(parts);
      case "function|load" -> loadLibrary(parts);
      case "function|list" -> sent(listLibraries(parts), libraries::strip);
      case "function|delete" -> {
        parts[2] = libraries.add(parts[2]);
        yield sent(parts, libraries::strip);
      }
      case "fcall", "fcall_ro" -> call(spec, parts);
      case "function|help" -> sent(parts, UnaryOperator.identity());
      case "script|kill", "pubsub|numpat", "info" -> notHere(spec);
      default ->
          spec.name().startsWith("function")
              ? notHere(spec)
              : sent(keys(spec, parts), prefix::strip);
    };
  }

  /** What is about all namespaces of the store. */
  private static Request notHere(CommandSpec spec) {
    return new Request.Answered(
        new Reply.SimpleError(
            "ERR '%s' is not served over a shared store: it is about all namespaces of it"
                .formatted(spec.name().replace('|', ' '))));
  }

  /**
   * A command that runs no script.
   *
   * @param reply edits what the store says
   */
  private static Request sent(Bytes[] parts, UnaryOperator<Reply> reply) {
    return new Request.Sent(List.of(parts), false, reply);
  }

  /**
   * Prefixes the keys where the table says they are. Changes {@code parts} and answers them, as do
   * all that follow.
   */
  private Bytes[] keys(CommandSpec spec, Bytes[] parts) {
    for (int index : spec.keys().of(parts)) {
      at(parts, index);
    }
    return parts;
  }

  private Bytes[] at(Bytes[] parts, int index) {
    parts[index] = prefix.add(parts[index]);
    return parts;
  }

  private Bytes[] from(Bytes[] parts, int first) {
    for (int i = first; i < parts.length; i++) {
      at(parts, i);
    }
    return parts;
  }

  /** FLUSHDB and FLUSHALL both empty the namespace, and nothing beside it. */
  private static Request flush(Bytes[] parts) {
    if (parts.length > 2 || (parts.length == 2 && !parts[1].is("sync") && !parts[1].is("async"))) {
      throw new CommandException("ERR syntax error");
    }
    return new Request.Walk(KeyWalk.Kind.FLUSH, ScanOptions.all());
  }

  /** Other databases of the store are not the client's. */
  private Request copy(CommandSpec spec, Bytes[] parts) {
    for (int i = 3; i < parts.length; i++) {
      if (parts[i].is("db")) {
        throw new CommandException("ERR DB index is out of range");
      }
    }
    return sent(keys(spec, parts), prefix::strip);
  }

  /** Its key, the one it stores, and the patterns that make names of its items. */
  private Bytes[] sort(Bytes[] parts) {
    at(parts, 1);
    for (int i = 2; i < parts.length; i++) {
      boolean more = i + 1 < parts.length;
      if (parts[i].is("limit")) {
        i += 2;
      } else if (parts[i].is("store") && more) {
        at(parts, ++i);
      } else if ((parts[i].is("by") || parts[i].is("get")) && more) {
        i++;
        if (contains(parts[i], '*')) {
          at(parts, i);
        }
      }
    }
    return parts;
  }

  /**
   * Its key, and those it stores what it finds under.
   *
   * @param options index from which options may follow
   */
  private Bytes[] places(Bytes[] parts, int options) {
    at(parts, 1);
    for (int i = options; i + 1 < parts.length; i++) {
      if (parts[i].is("store") || parts[i].is("storedist")) {
        at(parts, ++i);
      }
    }
    return parts;
  }

  private static boolean contains(Bytes text, char wanted) {
    return new String(text.array(), ISO_8859_1).indexOf(wanted) >= 0;
  }

  /** The first half of what follows STREAMS; a group may be called as an option is. */
  private Bytes[] streams(Bytes[] parts) {
    int at = 1;
    while (at < parts.length && !parts[at].is("streams")) {
      at += parts[at].is("group") ? 3 : parts[at].is("count") ? 2 : 1;
    }
    int count = (parts.length - at - 1) / 2;
    for (int i = at + 1; i <= at + count; i++) {
      at(parts, i);
    }
    return parts;
  }

  /** Each item is a stream: its name, and what is in it. */
  private Reply stripStreams(Reply reply) {
    return reply instanceof Reply.Array(List<Reply> streams)
        ? Reply.of(streams.stream().map(prefix::stripFirst).toList())
        : prefix.strip(reply);
  }

  /** PUBSUB CHANNELS without a pattern is asked with one that is the namespace's. */
  private Bytes[] channels(Bytes[] parts) {
    return parts.length > 2
        ? at(parts, 2)
        : new Bytes[] {parts[0], parts[1], prefix.add(Bytes.of("*"))};
  }

  private Request evaluate(CommandSpec spec, Bytes[] parts) {
    Scripts.Prepared prepared = scripts.prepare(parts[1]);
    parts[1] = prepared.source();
    return script(spec, parts, prepared.client(), prepared.store());
  }

  /** One that was not seen here is not known, though the store may have it: its client sends it. */
  private Request evaluateKnown(CommandSpec spec, Bytes[] parts) {
    String client = parts[1].toString();
    String stored = scripts.stored(parts[1]).orElse(client);
    parts[1] = Bytes.of(stored);
    return script(spec, parts, client, stored);
  }

  /** The last argument is for the prelude of the script. */
  private Request script(CommandSpec spec, Bytes[] parts, String client, String stored) {
    long count = Numbers.integer(parts[2]).orElse(0);
    if (count > parts.length - 3) {
      throw new CommandException("ERR Number of keys can't be greater than number of args");
    }
    var all = new ArrayList<>(Arrays.asList(keys(spec, parts)));
    all.add(prefix.bytes());
    return new Request.Sent(all, true, reply -> asSent(prefix.strip(reply), stored, client));
  }

  /** An error quotes the hash of its script. */
  private static Reply asSent(Reply reply, String stored, String client) {
    return reply instanceof Reply.SimpleError(Bytes text)
        ? new Reply.SimpleError(
            Bytes.wrap(
                new String(text.array(), ISO_8859_1).replace(stored, client).getBytes(ISO_8859_1)))
        : reply;
  }

  /** Answers the hash of what the client sent; the store knows another one. */
  private Request load(Bytes[] parts) {
    Scripts.Prepared prepared = scripts.prepare(parts[2]);
    parts[2] = prepared.source();
    return sent(
        parts,
        reply ->
            reply instanceof Reply.BulkString
                ? Reply.of(Bytes.of(prepared.client()))
                : asSent(reply, prepared.store(), prepared.client()));
  }

  /** Asks for the hashes of the store. */
  private Request exists(Bytes[] parts) {
    for (int i = 2; i < parts.length; i++) {
      Bytes asked = parts[i];
      parts[i] = scripts.stored(asked).map(Bytes::of).orElse(asked);
    }
    return sent(parts, UnaryOperator.identity());
  }

  /** The code is the last argument. */
  private Request loadLibrary(Bytes[] parts) {
    parts[parts.length - 1] = libraries.prepare(parts[parts.length - 1]);
    return sent(parts, libraries::strip);
  }

  /** FUNCTION LIST without a pattern is asked with one that is the namespace's. */
  private Bytes[] listLibraries(Bytes[] parts) {
    var asked = new ArrayList<>(Arrays.asList(parts));
    boolean named = false;
    for (int i = 2; i + 1 < parts.length; i++) {
      if (parts[i].is("libraryname")) {
        asked.set(++i, libraries.add(parts[i]));
        named = true;
      }
    }
    if (!named) {
      asked.addAll(List.of(Bytes.of("LIBRARYNAME"), libraries.all()));
    }
    return asked.toArray(Bytes[]::new);
  }

  private Request call(CommandSpec spec, Bytes[] parts) {
    Bytes[] sent = keys(spec, parts);
    sent[1] = libraries.add(sent[1]);
    return new Request.Sent(
        List.of(sent), true, reply -> libraries.stripError(prefix.strip(reply)));
  }

  /** A transaction in the store's words: none of its commands may take several steps. */
  List<Request> transaction(List<Command> commands) {
    var requests = new ArrayList<Request>(commands.size());
    for (Command command : commands) {
      Request request = translate(command);
      requests.add(request instanceof Request.Walk walk ? step(command, walk) : request);
    }
    return requests;
  }

  /** One step of SCAN can be in a transaction. */
  private Request step(Command command, Request.Walk walk) {
    ScanOptions options = walk.options();
    return walk.what() == KeyWalk.Kind.SCAN && !options.withType()
        ? sent(options.command(prefix, options.cursor(), 1), this::stripPage)
        : new Request.Answered(
            new Reply.SimpleError(
                "ERR '%s' is not served in a transaction over a shared store: it takes several steps"
                    .formatted(command.name())));
  }

  private Reply stripPage(Reply reply) {
    return reply instanceof Reply.Array(List<Reply> page) && page.size() == 2
        ? Reply.of(List.of(page.getFirst(), prefix.stripAll(page.getLast())))
        : prefix.strip(reply);
  }
}
