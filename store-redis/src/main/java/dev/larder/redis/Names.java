package dev.larder.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.CacheKey;
import dev.larder.core.Namespace;
import dev.larder.core.StoreIdentity;
import java.nio.ByteBuffer;

/**
 * The names of what a namespace keeps in the store. All of its history and leases are in one slot
 * of a cluster, by the namespace in braces; entries are spread by their keys, and belong to one
 * history.
 *
 * <pre>
 * larder:namespaces                  set: every namespace
 * larder:{shop}                      hash: format, id, rev, mark, snap, base
 * larder:{shop}:log                  stream: an invalidation per revision
 * larder:{shop}:snapshot             string: the ledger as of the revision 'snap'
 * larder:{shop}:servers              hash: server, when it was last heard (ms)
 * larder:{shop}:lease:KEY            string: "number server revision", expires
 * larder:{shop}:news                 channel: "r" | "sNUMBER KEY" | "eNUMBER KEY"
 * larder:shop:IDENTITY:KEY           string: an entry (see {@link Values}), expires
 * </pre>
 */
record Names(Namespace namespace) {
  static final byte[] NAMESPACES = bytes("larder:namespaces");

  byte[] record() {
    return bytes("larder:{%s}".formatted(namespace));
  }

  byte[] log() {
    return bytes("larder:{%s}:log".formatted(namespace));
  }

  byte[] snapshot() {
    return bytes("larder:{%s}:snapshot".formatted(namespace));
  }

  byte[] servers() {
    return bytes("larder:{%s}:servers".formatted(namespace));
  }

  byte[] news() {
    return bytes("larder:{%s}:news".formatted(namespace));
  }

  byte[] lease(CacheKey key) {
    return joined("larder:{%s}:lease:".formatted(namespace), key.bytes());
  }

  byte[] entry(StoreIdentity identity, CacheKey key) {
    return joined(entries(identity), key.bytes());
  }

  /** What the names of all entries of a history begin with. */
  String entries(StoreIdentity identity) {
    return "larder:%s:%s:".formatted(namespace, identity);
  }

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static byte[] joined(String prefix, byte[] key) {
    byte[] start = bytes(prefix);
    return ByteBuffer.allocate(start.length + key.length).put(start).put(key).array();
  }
}
