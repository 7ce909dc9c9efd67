package dev.larder.server.redisrest.shared;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.larder.core.Namespace;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the names of a namespace's keys and channels begin with in the store: {@code
 * larder:{shop/redis}:}. What is in braces decides the slot of a cluster, so a namespace is in one;
 * the slash, which no namespace has in its name, keeps it apart from the keys of the cache.
 *
 * @param bytes of the prefix
 */
record Prefix(Bytes bytes) {
  /** The prefix of a namespace. No character of it means anything in a pattern. */
  static Prefix of(Namespace namespace) {
    return new Prefix(Bytes.of("larder:{%s/redis}:".formatted(namespace.name())));
  }

  /** A name as it is in the store. */
  Bytes add(Bytes name) {
    byte[] added = Arrays.copyOf(bytes.array(), bytes.length() + name.length());
    System.arraycopy(name.array(), 0, added, bytes.length(), name.length());
    return Bytes.wrap(added);
  }

  /** True if it begins with the prefix. */
  boolean begins(Bytes name) {
    return name.length() >= bytes.length()
        && Arrays.equals(name.array(), 0, bytes.length(), bytes.array(), 0, bytes.length());
  }

  /** A name as its client knows it. */
  Bytes strip(Bytes name) {
    return begins(name) ? name.slice(bytes.length(), name.length()) : name;
  }

  /**
   * A reply that is a name.
   *
   * <p>Any other reply is left as it is, but for an error, which may quote names.
   */
  Reply strip(Reply reply) {
    return switch (reply) {
      case Reply.BulkString(Bytes name) when begins(name) -> Reply.of(strip(name));
      case Reply.SimpleError(Bytes text) -> stripError(text);
      default -> reply;
    };
  }

  /** A reply in which anything may be a name. */
  Reply stripAll(Reply reply) {
    return reply instanceof Reply.Array(List<Reply> items)
        ? Reply.of(items.stream().map(this::stripAll).toList())
        : strip(reply);
  }

  /** A reply whose first item is a name. */
  Reply stripFirst(Reply reply) {
    if (!(reply instanceof Reply.Array(List<Reply> items)) || items.isEmpty()) {
      return strip(reply);
    }
    var stripped = new ArrayList<>(items);
    stripped.set(0, strip(items.getFirst()));
    return Reply.of(stripped);
  }

  /** An error, which may quote a name. */
  private Reply stripError(Bytes text) {
    String said = new String(text.array(), ISO_8859_1);
    String prefix = new String(bytes.array(), ISO_8859_1);
    return said.contains(prefix)
        ? new Reply.SimpleError(Bytes.wrap(said.replace(prefix, "").getBytes(ISO_8859_1)))
        : new Reply.SimpleError(text);
  }
}
