package dev.larder.core.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.AsOf;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.HotKey;
import dev.larder.core.Identity;
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
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes frames one after the other into one message. Values above a few hundred bytes are not
 * copied into it, but stand between pieces of it. Not for several threads.
 */
public final class FrameWriter {
  private static final int INITIAL = 512;

  /** Room for everything of a frame but its value, in the common case. */
  private static final int BESIDE_VALUE = 1024;

  /** The bytes of an INVALIDATION after its length, but for its tags. */
  private static final int PUSHED_BESIDE_TAGS = Protocol.HEADER_BYTES - 4 + 3 * Long.BYTES;

  /** Values from this size on are not copied. */
  private static final int APART = 256;

  private static final VarHandle U16 = bigEndian(short[].class);
  private static final VarHandle U32 = bigEndian(int[].class);
  private static final VarHandle U64 = bigEndian(long[].class);

  /** Everything but the values that stand apart. */
  private byte[] bytes = new byte[INITIAL];

  private int length;

  private final List<Apart> apart = new ArrayList<>();
  private int apartLength;

  /** A value that is not copied, and how many of {@link #bytes} come before it. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Apart(int after, byte[] value) {}

  /** A writer of an empty message. */
  public FrameWriter() {}

  /** How many bytes are written. */
  public int length() {
    return length + apartLength;
  }

  /** The message written so far, not a copy if no large value is in it. */
  public ByteBuffer message() {
    if (apart.isEmpty()) {
      return ByteBuffer.wrap(bytes, 0, length);
    }
    ByteBuffer message = ByteBuffer.allocate(length());
    copyTo(message);
    return message.flip();
  }

  /** Copies the message written so far to where there is room for its {@link #length}. */
  public void copyTo(ByteBuffer message) {
    int from = 0;
    for (int i = 0; i < apart.size(); i++) {
      Apart value = apart.get(i);
      message.put(bytes, from, value.after() - from).put(value.value());
      from = value.after();
    }
    message.put(bytes, from, length - from);
  }

  /** The message written so far in pieces, none of them a copy; nothing may be written any more. */
  public List<ByteBuffer> pieces() {
    var pieces = new ArrayList<ByteBuffer>(2 * apart.size() + 1);
    int from = 0;
    for (Apart value : apart) {
      pieces.add(ByteBuffer.wrap(bytes, from, value.after() - from));
      pieces.add(ByteBuffer.wrap(value.value()));
      from = value.after();
    }
    pieces.add(ByteBuffer.wrap(bytes, from, length - from));
    return pieces;
  }

  /** Appends a frame. */
  public FrameWriter write(Frame frame) {
    int start = length;
    int apartBefore = apartLength;
    u32(0);
    switch (frame.message()) {
      case Request request -> request(frame.requestId(), request);
      case Response answer -> answer(frame.requestId(), answer);
    }
    int end = length;
    length = start;
    u32(end - start - 4 + apartLength - apartBefore);
    length = end;
    return this;
  }

  /**
   * Appends an INVALIDATION whose tags were {@linkplain #encoded encoded} before, for others too:
   * they are not copied.
   *
   * @param expiresIn in how many ms it expires what it affects, as of now
   */
  public FrameWriter writePushed(
      StoreIdentity store, Revision revision, long expiresIn, byte[] encodedTags) {
    u32(PUSHED_BESIDE_TAGS + encodedTags.length).head(Protocol.INVALIDATION, 0);
    u64(store.number()).u64(revision.number()).duration(expiresIn);
    apart.add(new Apart(length, encodedTags));
    apartLength += encodedTags.length;
    return this;
  }

  /** Tags as they are written into a frame. */
  public static byte[] encoded(TagSet tags) {
    var writer = new FrameWriter().tags(tags);
    return Arrays.copyOf(writer.bytes, writer.length);
  }

  private void request(int id, Request request) {
    switch (request) {
      case Request.Hello(int version, String client, AsOf known) ->
          head(Protocol.HELLO, id).u8(version).text(client).asOf(known);
      case Request.Lookup(Lookup lookup) ->
          head(Protocol.LOOKUP, id)
              .key(lookup.key())
              .tags(lookup.softTags())
              .flag(lookup.leaseWanted())
              .u32((int) lookup.waitBudget());
      case Request.Put(Put put) ->
          putHead(id, put.origin().equals(Origin.NONE), put)
              .content(put.tags(), put.life(), put.age(), put.checksum(), put.value());
      case Request.Release(CacheKey key, long lease) ->
          head(Protocol.RELEASE, id).key(key).u64(lease);
      case Request.Renew(CacheKey key, long lease) -> head(Protocol.RENEW, id).key(key).u64(lease);
      case Request.Invalidate(TagSet tags, long expire, InvalidationSource source)
          when source.equals(InvalidationSource.NONE) ->
          head(Protocol.INVALIDATE, id).tags(tags).u32((int) expire);
      case Request.Invalidate(TagSet tags, long expire, InvalidationSource source) ->
          head(Protocol.INVALIDATE_BY, id)
              .tags(tags)
              .u32((int) expire)
              .text(source.action())
              .text(source.path())
              .text(source.instance());
      case Request.Refresh(AsOf known) -> head(Protocol.REFRESH, id).asOf(known);
      case Request.Cancel(int lookup) -> head(Protocol.CANCEL, id).u32(lookup);
      case Request.Ping() -> head(Protocol.PING, id);
      case Request.Hottest(long count) -> head(Protocol.HOTTEST, id).u32((int) count);
      case Request.Identify(Identity identity) -> head(Protocol.IDENTIFY, id).identity(identity);
      case Request.Report(Report report) -> head(Protocol.REPORT, id).report(report);
      case Request.Paths(List<PathReads> paths) -> {
        head(Protocol.PATHS, id).u16(paths.size());
        paths.forEach(reads -> text(reads.path()).u32((int) reads.count()));
      }
    }
  }

  private FrameWriter putHead(int id, boolean unknown, Put put) {
    head(unknown ? Protocol.PUT : Protocol.PUT_FROM, id)
        .key(put.key())
        .asOf(put.asOf())
        .u64(put.lease());
    return unknown ? this : origin(put.origin());
  }

  private FrameWriter origin(Origin origin) {
    return text(origin.label())
        .u8(origin.kind().number())
        .text(origin.build())
        .text(origin.instance())
        .u32((int) origin.generation());
  }

  private FrameWriter identity(Identity identity) {
    return text(identity.instance())
        .text(identity.host())
        .u32((int) identity.pid())
        .text(identity.client())
        .text(identity.framework())
        .text(identity.runtime())
        .text(identity.build())
        .text(identity.consistency())
        .text(identity.transport());
  }

  private FrameWriter report(Report report) {
    Report.Lookups lookups = report.lookups();
    asOf(report.known())
        .u32((int) lookups.near())
        .u32((int) lookups.fresh())
        .u32((int) lookups.stale())
        .u32((int) lookups.miss())
        .u32((int) lookups.bypass())
        .u32((int) lookups.failed())
        .u64(report.saved());
    u32((int) report.near().entries()).u64(report.near().bytes()).u64(report.near().limit());
    u8(report.hottest().size());
    report.hottest().forEach(reads -> key(reads.key()).u32((int) reads.count()));
    u8(report.renders().size());
    for (Report.Render render : report.renders()) {
      text(render.path()).u8(render.keys().size());
      render.keys().forEach(this::key);
    }
    return this;
  }

  private void answer(int id, Response answer) {
    switch (answer) {
      case Response.Welcome(
              int version,
              AsOf asOf,
              int heartbeat,
              int lease,
              int frameLimit,
              String server) ->
          head(Protocol.WELCOME, id)
              .u8(version)
              .asOf(asOf)
              .u32(heartbeat)
              .u32(lease)
              .u32(frameLimit)
              .text(server);
      case Response.Fresh(AsOf asOf, Response.Entry entry) ->
          head(entry.generation() == 0 ? Protocol.FRESH : Protocol.FRESH_FROM, id)
              .asOf(asOf)
              .entry(entry);
      case Response.Stale(AsOf asOf, long lease, Response.Entry entry) ->
          head(entry.generation() == 0 ? Protocol.STALE : Protocol.STALE_FROM, id)
              .asOf(asOf)
              .u64(lease)
              .entry(entry);
      case Response.Miss(AsOf asOf, long lease) -> head(Protocol.MISS, id).asOf(asOf).u64(lease);
      case Response.Stored(PutOutcome outcome) -> head(Protocol.STORED, id).u8(outcome.number());
      case Response.Released(boolean held) -> head(Protocol.RELEASED, id).flag(held);
      case Response.Renewed(boolean held) -> head(Protocol.RENEWED, id).flag(held);
      case Response.Invalidated(AsOf asOf) -> head(Protocol.INVALIDATED, id).asOf(asOf);
      case Response.Refreshed refreshed -> {
        head(Protocol.REFRESHED, id)
            .asOf(refreshed.asOf())
            .u64(refreshed.since().number())
            .u32(refreshed.missed().size());
        refreshed.missed().forEach(this::notification);
      }
      case Response.Pong() -> head(Protocol.PONG, id);
      case Response.Keys(List<HotKey> hottest) -> {
        head(Protocol.KEYS, id).u32(hottest.size());
        hottest.forEach(hot -> key(hot.key()).u32(hot.size()));
      }
      case Response.Pushed pushed ->
          head(Protocol.INVALIDATION, id)
              .u64(pushed.store().number())
              .notification(pushed.invalidation());
      case Response.Leaving() -> head(Protocol.LEAVING, id);
      case Response.Failed(ErrorCode code, String message) ->
          head(Protocol.ERROR, id).u16(code.number()).text(message);
    }
  }

  private FrameWriter head(int operation, int id) {
    return u8(operation).u32(id);
  }

  private FrameWriter entry(Response.Entry entry) {
    if (entry.generation() != 0) {
      u32((int) entry.generation());
    }
    return u64(entry.revision().number())
        .content(entry.tags(), entry.life(), entry.age(), entry.checksum(), entry.value());
  }

  private FrameWriter content(TagSet tags, CacheLife life, long age, int checksum, byte[] value) {
    boolean copied = value.length < APART;
    room((copied ? value.length : 0) + BESIDE_VALUE);
    tags(tags).u32((int) life.stale()).u32((int) life.revalidate()).u32((int) life.expire());
    u64(age).u32(checksum).u32(value.length);
    if (copied) {
      return raw(value);
    }
    apart.add(new Apart(length, value));
    apartLength += value.length;
    return this;
  }

  private FrameWriter notification(Response.Notification notification) {
    return u64(notification.revision().number())
        .duration(notification.expiresIn())
        .tags(notification.tags());
  }

  private FrameWriter duration(long millis) {
    return u64(millis == Invalidation.NEVER ? Protocol.NEVER : millis);
  }

  private FrameWriter tags(TagSet tags) {
    List<String> names = tags.names();
    u16(names.size());
    for (int i = 0; i < names.size(); i++) {
      text(names.get(i));
    }
    return this;
  }

  private FrameWriter asOf(AsOf asOf) {
    return u64(asOf.store().number()).u64(asOf.revision().number());
  }

  private FrameWriter key(CacheKey key) {
    return u16(key.bytes().length).raw(key.bytes());
  }

  private FrameWriter text(String text) {
    byte[] utf8 = text.getBytes(UTF_8);
    return u16(utf8.length).raw(utf8);
  }

  private FrameWriter flag(boolean flag) {
    return u8(flag ? 1 : 0);
  }

  private FrameWriter u8(int value) {
    room(1);
    bytes[length++] = (byte) value;
    return this;
  }

  private FrameWriter u16(int value) {
    room(2);
    U16.set(bytes, length, (short) value);
    length += 2;
    return this;
  }

  private FrameWriter u32(int value) {
    room(4);
    U32.set(bytes, length, value);
    length += 4;
    return this;
  }

  private FrameWriter u64(long value) {
    room(8);
    U64.set(bytes, length, value);
    length += 8;
    return this;
  }

  private FrameWriter raw(byte[] raw) {
    room(raw.length);
    System.arraycopy(raw, 0, bytes, length, raw.length);
    length += raw.length;
    return this;
  }

  private static VarHandle bigEndian(Class<?> numbers) {
    return MethodHandles.byteArrayViewVarHandle(numbers, ByteOrder.BIG_ENDIAN);
  }

  private void room(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
    }
  }
}
