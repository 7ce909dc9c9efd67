package dev.larder.core.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.AsOf;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.HotKey;
import dev.larder.core.Identity;
import dev.larder.core.InvalidValueException;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Lookup;
import dev.larder.core.Origin;
import dev.larder.core.PathReads;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.Report;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The payload of one frame: its fields are read one after the other, as the tables of {@code
 * docs/protocol.md} list them. What does not decode is a {@link ProtocolException}, what decodes
 * and is not allowed an {@link InvalidValueException}, and what ends early a {@link
 * BufferUnderflowException}.
 *
 * @param bytes from the position, the rest of the frame after its request id
 * @param apart the value it ends with, where that is not among the bytes
 */
record Payload(ByteBuffer bytes, Optional<byte[]> apart) {
  /** What stands in a string for bytes that are not UTF-8. */
  private static final char REPLACEMENT = '\ufffd';

  /** The message of an operation, by its number; the position is behind it then. */
  Message message(int operation) {
    return switch (operation) {
      case Protocol.HELLO -> new Request.Hello(u8(), text(), asOf());
      case Protocol.LOOKUP -> new Request.Lookup(new Lookup(key(), tags(), flag(), u32()));
      case Protocol.PUT, Protocol.PUT_FROM -> new Request.Put(put(operation));
      case Protocol.RELEASE -> new Request.Release(key(), u64());
      case Protocol.RENEW -> new Request.Renew(key(), u64());
      case Protocol.INVALIDATE -> new Request.Invalidate(tags(), u32());
      case Protocol.INVALIDATE_BY ->
          new Request.Invalidate(tags(), u32(), new InvalidationSource(text(), text(), text()));
      case Protocol.REFRESH -> new Request.Refresh(asOf());
      case Protocol.CANCEL -> new Request.Cancel((int) u32());
      case Protocol.PING -> new Request.Ping();
      case Protocol.HOTTEST -> new Request.Hottest(u32());
      case Protocol.IDENTIFY -> new Request.Identify(identity());
      case Protocol.REPORT -> new Request.Report(report());
      case Protocol.PATHS -> new Request.Paths(paths());
      case Protocol.WELCOME ->
          new Response.Welcome(u8(), asOf(), int31(), int31(), int31(), text());
      case Protocol.FRESH -> new Response.Fresh(asOf(), entry(0));
      case Protocol.STALE -> new Response.Stale(asOf(), u64(), entry(0));
      case Protocol.FRESH_FROM -> new Response.Fresh(asOf(), entry(u32()));
      case Protocol.STALE_FROM -> new Response.Stale(asOf(), u64(), entry(u32()));
      case Protocol.MISS -> new Response.Miss(asOf(), u64());
      case Protocol.STORED -> new Response.Stored(outcome());
      case Protocol.RELEASED -> new Response.Released(flag());
      case Protocol.RENEWED -> new Response.Renewed(flag());
      case Protocol.INVALIDATED -> new Response.Invalidated(asOf());
      case Protocol.REFRESHED -> new Response.Refreshed(asOf(), revision(), missed());
      case Protocol.PONG -> new Response.Pong();
      case Protocol.KEYS -> new Response.Keys(hottest());
      case Protocol.INVALIDATION -> new Response.Pushed(new StoreIdentity(u64()), notification());
      case Protocol.LEAVING -> new Response.Leaving();
      case Protocol.ERROR -> new Response.Failed(ErrorCode.of(u16()), text());
      default ->
          throw new ProtocolException(
              ErrorCode.UNKNOWN_OPERATION, "unknown operation 0x%02x".formatted(operation));
    };
  }

  private Put put(int operation) {
    CacheKey key = key();
    AsOf asOf = asOf();
    long lease = u64();
    Origin origin = operation == Protocol.PUT_FROM ? origin() : Origin.NONE;
    TagSet tags = tags(TagSet.MAX_OF_ENTRY);
    return new Put(key, asOf, lease, tags, life(), age(), (int) u32(), value(), origin);
  }

  private Origin origin() {
    return new Origin(text(), Origin.Kind.of(u8()), text(), text(), u32());
  }

  private Identity identity() {
    return new Identity(text(), text(), u32(), text(), text(), text(), text(), text(), text());
  }

  private Report report() {
    AsOf known = asOf();
    var lookups = new Report.Lookups(u32(), u32(), u32(), u32(), u32(), u32());
    long saved = u64();
    var near = new Report.Near(u32(), u64(), u64());
    var hottest = new ArrayList<Report.Reads>();
    for (int left = u8(); left > 0; left--) {
      hottest.add(new Report.Reads(key(), u32()));
    }
    var renders = new ArrayList<Report.Render>();
    for (int left = u8(); left > 0; left--) {
      String path = text();
      var keys = new ArrayList<CacheKey>();
      for (int missing = u8(); missing > 0; missing--) {
        keys.add(key());
      }
      renders.add(new Report.Render(path, keys));
    }
    return new Report(known, lookups, saved, near, hottest, renders);
  }

  private List<PathReads> paths() {
    int count = u16();
    if (count > PathReads.MAX_COUNT) {
      throw new InvalidValueException("%d paths; at most %d".formatted(count, PathReads.MAX_COUNT));
    }
    var paths = new ArrayList<PathReads>();
    for (int i = 0; i < count; i++) {
      paths.add(new PathReads(text(), u32()));
    }
    return paths;
  }

  /** Goes to where the value of a PUT begins, and returns its length. */
  int putValueLength(int operation) {
    key();
    asOf();
    u64();
    if (operation == Protocol.PUT_FROM) {
      origin();
    }
    tags(TagSet.MAX_OF_ENTRY);
    life();
    age();
    u32();
    return int31();
  }

  private Response.Entry entry(long generation) {
    return new Response.Entry(
        revision(), tags(TagSet.MAX_OF_ENTRY), life(), age(), (int) u32(), value(), generation);
  }

  private List<Response.Notification> missed() {
    long count = u32();
    var missed = new ArrayList<Response.Notification>();
    for (long i = 0; i < count; i++) {
      missed.add(notification());
    }
    return List.copyOf(missed);
  }

  private List<HotKey> hottest() {
    long count = u32();
    if (count > HotKey.MAX_COUNT) {
      throw new InvalidValueException("%d keys; at most %d".formatted(count, HotKey.MAX_COUNT));
    }
    var hottest = new ArrayList<HotKey>();
    for (long i = 0; i < count; i++) {
      hottest.add(new HotKey(key(), int31()));
    }
    return List.copyOf(hottest);
  }

  private Response.Notification notification() {
    Revision revision = revision();
    long expiresIn = u64();
    if (expiresIn == Protocol.NEVER) {
      expiresIn = Invalidation.NEVER;
    } else if (expiresIn < 0) {
      throw new InvalidValueException(
          "a duration of %s ms; expected below 2^63, or 2^64-1 for never"
              .formatted(Long.toUnsignedString(expiresIn)));
    }
    return new Response.Notification(revision, expiresIn, tags());
  }

  private PutOutcome outcome() {
    int number = u8();
    for (PutOutcome outcome : PutOutcome.values()) {
      if (outcome.number() == number) {
        return outcome;
      }
    }
    throw malformed("outcome %d; expected 0 to 4".formatted(number));
  }

  private TagSet tags() {
    return tags(TagSet.MAX_TAGS);
  }

  private TagSet tags(int most) {
    int count = u16();
    TagSet.checkCount(count, most);
    if (count == 0) {
      return TagSet.EMPTY;
    }
    var names = new ArrayList<String>(count);
    for (int i = 0; i < count; i++) {
      names.add(text());
    }
    return TagSet.of(names);
  }

  private CacheLife life() {
    return new CacheLife(u32(), u32(), u32());
  }

  private long age() {
    long age = u64();
    if (age < 0) {
      throw new InvalidValueException(
          "an age of %s ms; expected below 2^63".formatted(Long.toUnsignedString(age)));
    }
    return age;
  }

  private AsOf asOf() {
    return new AsOf(new StoreIdentity(u64()), revision());
  }

  private Revision revision() {
    return new Revision(u64());
  }

  private CacheKey key() {
    return CacheKey.of(raw(u16()));
  }

  private byte[] value() {
    int length = int31();
    return apart.orElseGet(() -> raw(length));
  }

  private String text() {
    byte[] utf8 = raw(u16());
    var text = new String(utf8, UTF_8);
    // A string is made in place of what is not UTF-8, too; only then it pays to look closer.
    if (text.indexOf(REPLACEMENT) >= 0 && !Arrays.equals(utf8, text.getBytes(UTF_8))) {
      throw malformed("a text of %d bytes that is not UTF-8".formatted(utf8.length));
    }
    return text;
  }

  private byte[] raw(int length) {
    if (length > bytes.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] raw = new byte[length];
    bytes.get(raw);
    return raw;
  }

  private boolean flag() {
    int flag = u8();
    if (flag > 1) {
      throw malformed("a flag of %d; expected 0 or 1".formatted(flag));
    }
    return flag == 1;
  }

  private int u8() {
    return bytes.get() & 0xff;
  }

  private int u16() {
    return bytes.getShort() & 0xffff;
  }

  private long u32() {
    return bytes.getInt() & 0xffffffffL;
  }

  private int int31() {
    int value = bytes.getInt();
    if (value < 0) {
      throw malformed("a number of %s; expected below 2^31".formatted(value & 0xffffffffL));
    }
    return value;
  }

  private long u64() {
    return bytes.getLong();
  }

  private static ProtocolException malformed(String why) {
    return new ProtocolException(ErrorCode.MALFORMED, why);
  }
}
