package dev.larder.redis.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.CacheKey;
import dev.larder.core.Namespace;
import dev.larder.core.StoreIdentity;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The names of what a namespace keeps in the store. Its history and its leases are in one hash slot
 * of a cluster, by the namespace in braces; entries are spread by their keys, and belong to one
 * history.
 *
 * <pre>
 * larder:namespaces                  set: every namespace
 * larder:outbox                      string: the server that tells what is to be told outside, expires
 * larder:tokens                      string: a text that servers share, here of the name 'tokens'
 * larder:{shop}                      hash: format, id, rev, mark, snap, base
 * larder:{shop}:log                  stream: an invalidation per revision
 * larder:{shop}:audit                stream: who made which invalidation, by revision
 * larder:{shop}:outbox               stream: what is to be told outside, by revision
 * larder:{shop}:snapshot             string: the ledger as of the revision 'snap'
 * larder:{shop}:servers              hash: server, when it was last heard (ms)
 * larder:{shop}:lease:KEY            string: "number server revision", expires
 * larder:{shop}:news                 channel: "r" an invalidation, or a lease event (see {@link LeaseEvents})
 * larder:shop:IDENTITY:KEY           string: an entry (see {@link Values}), expires
 * </pre>
 *
 * @param namespace whose names these are
 */
record Names(Namespace namespace) {
  /** The set of all namespaces. */
  static final byte[] NAMESPACES = bytes("larder:namespaces");

  /** The server that tells outside what is to be told. */
  static final byte[] OUTBOX_LEADER = bytes("larder:outbox");

  /** A text that servers share. */
  static byte[] text(String name) {
    return bytes("larder:" + name);
  }

  /** The pattern of the names of all entries of all namespaces. */
  static final String ENTRIES = "larder:[^{]*:*:*";

  /** What the names of all entries of the same history begin with; empty for another key. */
  static Optional<String> history(byte[] entry) {
    int colons = 0;
    for (int i = 0; i < entry.length; i++) {
      colons += entry[i] == ':' ? 1 : 0;
      if (colons == 3) {
        return Optional.of(new String(entry, 0, i + 1, UTF_8));
      }
    }
    return Optional.empty();
  }

  /** The hash that says what the history is and where it stands. */
  byte[] record() {
    return bytes("larder:{%s}".formatted(namespace));
  }

  /** The stream of invalidations. */
  byte[] log() {
    return bytes("larder:{%s}:log".formatted(namespace));
  }

  /** The stream of who made which invalidation. */
  byte[] audit() {
    return bytes("larder:{%s}:audit".formatted(namespace));
  }

  /** The stream of what is to be told outside. */
  byte[] outbox() {
    return bytes("larder:{%s}:outbox".formatted(namespace));
  }

  /** The ledger as of the last snapshot. */
  byte[] snapshot() {
    return bytes("larder:{%s}:snapshot".formatted(namespace));
  }

  /** The hash of the servers, and when each was last heard. */
  byte[] servers() {
    return bytes("larder:{%s}:servers".formatted(namespace));
  }

  /** The channel of invalidations and lease events. */
  byte[] events() {
    return bytes("larder:{%s}:news".formatted(namespace));
  }

  /** The lease of a key. */
  byte[] lease(CacheKey key) {
    return joined("larder:{%s}:lease:".formatted(namespace), key.bytes());
  }

  /** The entry of a key in a history. */
  byte[] entry(StoreIdentity identity, CacheKey key) {
    return joined(entries(identity), key.bytes());
  }

  /** What the names of all entries of a history begin with. */
  String entries(StoreIdentity identity) {
    return "larder:%s:%s:".formatted(namespace, identity);
  }

  /**
   * A key nobody uses, for commands about a whole node.
   *
   * @param number keys of different numbers are in different slots
   */
  static byte[] probe(int number) {
    return bytes("larder:{rights-%d}".formatted(number));
  }

  /** The bytes of a name. */
  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static byte[] joined(String prefix, byte[] key) {
    byte[] start = bytes(prefix);
    return ByteBuffer.allocate(start.length + key.length).put(start).put(key).array();
  }
}
