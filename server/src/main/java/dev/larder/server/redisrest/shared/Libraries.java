package dev.larder.server.redisrest.shared;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.Namespace;
import dev.larder.redis.engine.command.CommandException;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The libraries of functions of one namespace, and how they are called in the store: there, their
 * names and those of their functions begin with {@code larder_}, the namespace in hexadecimal
 * digits, and {@code _}. No client sees that.
 */
final class Libraries {
  /** A first line {@code #!lua name=...}. Redis would also take it in quotes, which nobody does. */
  private static final Pattern LINE = Pattern.compile("\\A#!([^\\n\"'\\\\]*)\\n");

  private static final Pattern NAME = Pattern.compile("(?i)(\\sname=)");

  private final String head;
  private final String prelude;

  /** The libraries of a namespace whose keys have that prefix. */
  Libraries(Namespace namespace, Prefix prefix, Prelude prelude) {
    this.head = "larder_%s_".formatted(HexFormat.of().formatHex(namespace.name().getBytes(UTF_8)));
    this.prelude = prelude.library(prefix, head);
  }

  /** A name as it is in the store. */
  Bytes add(Bytes name) {
    return Bytes.wrap((head + text(name)).getBytes(ISO_8859_1));
  }

  /** A pattern of names as it is in the store. Nothing in front of it means anything in one. */
  Bytes all() {
    return Bytes.of(head + "*");
  }

  /**
   * The code of a library as the store runs it.
   *
   * @throws CommandException for code that does not say its name in the usual way
   */
  Bytes prepare(Bytes code) {
    String source = text(code);
    Matcher line = LINE.matcher(source);
    if (!line.find()) {
      throw new CommandException(
          source.startsWith("#!")
              ? "ERR Invalid library metadata"
              : "ERR Missing library metadata");
    }
    String named = NAME.matcher(line.group()).replaceAll("$1" + head);
    return Bytes.wrap((named + prelude + source.substring(line.end())).getBytes(ISO_8859_1));
  }

  /** A reply of the store as its client is to see it: names, code and errors. */
  Reply strip(Reply reply) {
    return switch (reply) {
      case Reply.Array(List<Reply> items) -> Reply.of(items.stream().map(this::strip).toList());
      case Reply.BulkString(Bytes said) -> Reply.of(strip(said));
      default -> stripError(reply);
    };
  }

  /** An error may quote a name. */
  Reply stripError(Reply reply) {
    return reply instanceof Reply.SimpleError(Bytes said)
        ? new Reply.SimpleError(strip(said))
        : reply;
  }

  private Bytes strip(Bytes said) {
    String text = text(said);
    return text.contains(head)
        ? Bytes.wrap(text.replace(prelude, "").replace(head, "").getBytes(ISO_8859_1))
        : said;
  }

  private static String text(Bytes bytes) {
    return new String(bytes.array(), ISO_8859_1);
  }
}
