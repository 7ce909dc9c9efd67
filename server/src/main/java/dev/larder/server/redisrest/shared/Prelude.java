package dev.larder.server.redisrest.shared;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.larder.redis.engine.command.CommandTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.stream.Collectors;

/* A script could reach every key of the store, those of the cache too, and FLUSHALL in it would empty the store. So a
 * prelude is put before it, in the same line, in which `redis` is one of ours (confined.lua): it adds the prefix to the
 * names of keys and takes it from those in replies, and knows only commands whose keys it knows. The prefix is the last of
 * ARGV, so a script is the same for all namespaces (script.lua). Libraries have names in the store, and so are of one
 * namespace: what they say at the beginning has the prefix in it (library.lua); while a library is loaded, Lua has nothing but
 * `redis`, so what is ours is made by the first call. This keeps mistakes apart and not
 * attackers: Lua has ways to the real `redis`.
 */
/**
 * What scripts and libraries of functions begin with in the store. Each is one line, so that the
 * line numbers in errors are those of the client.
 *
 * @param script before a script
 * @param library before a library, but for its namespace
 */
record Prelude(String script, String library) {
  /** What lets these commands be run, and no others. */
  static Prelude of(CommandTable table) {
    String confined = read("confined.lua").replace("@KINDS@", ScriptKeys.of(table));
    return new Prelude(
        read("script.lua").replace("@CONFINED@", "(" + confined + ")"),
        read("library.lua").replace("@CONFINED@", "(" + confined + ")"));
  }

  /**
   * Before a library of a namespace.
   *
   * @param head what names of libraries and functions begin with in the store
   */
  String library(Prefix prefix, String head) {
    return library
        .replace("@PREFIX@", new String(prefix.bytes().array(), ISO_8859_1))
        .replace("@HEAD@", head);
  }

  private static String read(String name) {
    try (var source = Prelude.class.getResourceAsStream(name)) {
      if (source == null) {
        throw new IllegalStateException("the prelude of scripts is missing: " + name);
      }
      return new String(source.readAllBytes(), ISO_8859_1)
          .lines()
          .map(String::strip)
          .collect(Collectors.joining(" "));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
