package dev.larder.core.wire;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
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
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The golden vectors, as frames built from their described fields. */
record GoldenFrames(String name, String hex, Frame frame) {

  /** Every vector. */
  static Stream<GoldenFrames> all() {
    try (InputStream json =
        Objects.requireNonNull(
            GoldenFrames.class.getResourceAsStream("/dev/larder/testkit/golden/frames.json"))) {
      return JsonMapper.shared()
          .readTree(json)
          .valueStream()
          .map(GoldenFrames::read)
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return name;
  }

  private static GoldenFrames read(JsonNode vector) {
    JsonNode frame = vector.get("frame");
    return new GoldenFrames(
        vector.get("name").asString(),
        vector.get("hex").asString(),
        new Frame((int) frame.get("requestId").asLong(), message(frame)));
  }

  private static Message message(JsonNode f) {
    return switch (f.get("operation").asString()) {
      case "HELLO" ->
          new Request.Hello(
              f.get("version").asInt(), f.get("client").asString(), asOf(f.get("known")));
      case "LOOKUP" ->
          new Request.Lookup(
              new Lookup(
                  key(f),
                  tags(f.get("softTags")),
                  f.get("leaseWanted").asBoolean(),
                  f.get("waitBudget").asLong()));
      case "PUT" -> put(f);
      case "RELEASE" -> new Request.Release(key(f), unsigned(f.get("lease")));
      case "RENEW" -> new Request.Renew(key(f), unsigned(f.get("lease")));
      case "INVALIDATE" ->
          new Request.Invalidate(tags(f.get("tags")), f.get("expire").asLong(), source(f));
      case "REFRESH" -> new Request.Refresh(asOf(f.get("known")));
      case "CANCEL" -> new Request.Cancel((int) f.get("lookup").asLong());
      case "PING" -> new Request.Ping();
      case "IDENTIFY" -> new Request.Identify(identityOf(f));
      case "REPORT" -> new Request.Report(report(f));
      case "PATHS" ->
          new Request.Paths(
              f.get("paths")
                  .valueStream()
                  .map(read ->
                      new PathReads(read.get("path").asString(), read.get("count").asLong()))
                  .toList());
      case "HOTTEST" -> new Request.Hottest(f.get("count").asLong());
      case "WELCOME" ->
          new Response.Welcome(
              f.get("version").asInt(),
              asOf(f.get("current")),
              f.get("heartbeat").asInt(),
              f.get("lease").asInt(),
              f.get("frameLimit").asInt(),
              f.get("server").asString());
      case "FRESH" -> new Response.Fresh(asOf(f.get("current")), entry(f.get("entry")));
      case "STALE" ->
          new Response.Stale(
              asOf(f.get("current")), unsigned(f.get("lease")), entry(f.get("entry")));
      case "MISS" -> new Response.Miss(asOf(f.get("current")), unsigned(f.get("lease")));
      case "STORED" ->
          new Response.Stored(
              PutOutcome.valueOf(f.get("outcome").asString().toUpperCase(Locale.ROOT)));
      case "RELEASED" -> new Response.Released(f.get("held").asBoolean());
      case "RENEWED" -> new Response.Renewed(f.get("held").asBoolean());
      case "INVALIDATED" -> new Response.Invalidated(asOf(f.get("asof")));
      case "REFRESHED" ->
          new Response.Refreshed(
              asOf(f.get("current")),
              revision(f.get("since")),
              f.get("invalidations").valueStream().map(GoldenFrames::notification).toList());
      case "PONG" -> new Response.Pong();
      case "KEYS" ->
          new Response.Keys(
              f.get("keys")
                  .valueStream()
                  .map(hot -> new HotKey(key(hot), hot.get("size").asInt()))
                  .toList());
      case "INVALIDATION" ->
          new Response.Pushed(identity(f.get("identity")), notification(f.get("invalidation")));
      case "LEAVING" -> new Response.Leaving();
      case "ERROR" -> new Response.Failed(code(f), f.get("message").asString());
      default -> throw new IllegalArgumentException(f.get("operation").asString());
    };
  }

  private static Request.Put put(JsonNode f) {
    JsonNode content = f.get("content");
    byte[] value = value(content);
    return new Request.Put(
        new Put(
            key(f),
            asOf(f.get("asof")),
            unsigned(f.get("lease")),
            tags(content.get("tags")),
            life(content.get("life")),
            content.get("age").asLong(),
            CacheEntry.checksum(value),
            value,
            origin(f)));
  }

  private static Origin origin(JsonNode f) {
    JsonNode o = f.get("origin");
    if (o == null) {
      return Origin.NONE;
    }
    return new Origin(
        o.get("label").asString(),
        Stream.of(Origin.Kind.values())
            .filter(kind -> kind.label().equals(o.get("kind").asString()))
            .findAny()
            .orElseThrow(),
        o.get("build").asString(),
        o.get("instance").asString(),
        o.get("generation").asLong());
  }

  private static InvalidationSource source(JsonNode f) {
    JsonNode s = f.get("source");
    return s == null
        ? InvalidationSource.NONE
        : new InvalidationSource(
            s.get("action").asString(), s.get("path").asString(), s.get("instance").asString());
  }

  private static Identity identityOf(JsonNode f) {
    return new Identity(
        f.get("instance").asString(),
        f.get("host").asString(),
        f.get("pid").asLong(),
        f.get("client").asString(),
        f.get("framework").asString(),
        f.get("runtime").asString(),
        f.get("build").asString(),
        f.get("consistency").asString(),
        f.get("transport").asString());
  }

  private static Report report(JsonNode f) {
    JsonNode lookups = f.get("lookups");
    JsonNode near = f.get("near");
    return new Report(
        asOf(f.get("known")),
        new Report.Lookups(
            lookups.get("near").asLong(),
            lookups.get("fresh").asLong(),
            lookups.get("stale").asLong(),
            lookups.get("miss").asLong(),
            lookups.get("bypass").asLong(),
            lookups.get("failed").asLong()),
        f.get("saved").asLong(),
        new Report.Near(
            near.get("entries").asLong(), near.get("bytes").asLong(), near.get("limit").asLong()),
        f.get("hottest")
            .valueStream()
            .map(reads -> new Report.Reads(key(reads), reads.get("count").asLong()))
            .toList(),
        f.get("renders")
            .valueStream()
            .map(render ->
                new Report.Render(
                    render.get("path").asString(),
                    render
                        .get("keys")
                        .valueStream()
                        .map(hex -> CacheKey.of(HexFormat.of().parseHex(hex.asString())))
                        .toList()))
            .toList());
  }

  private static Response.Entry entry(JsonNode e) {
    JsonNode content = e.get("content");
    byte[] value = value(content);
    return new Response.Entry(
        revision(e.get("revision")),
        tags(content.get("tags")),
        life(content.get("life")),
        content.get("age").asLong(),
        CacheEntry.checksum(value),
        value,
        e.has("generation") ? e.get("generation").asLong() : 0);
  }

  private static Response.Notification notification(JsonNode t) {
    JsonNode expiresIn = t.get("expiresIn");
    return new Response.Notification(
        revision(t.get("revision")),
        expiresIn.isString() ? Invalidation.NEVER : expiresIn.asLong(),
        tags(t.get("tags")));
  }

  private static ErrorCode code(JsonNode f) {
    String label = f.get("code").asString();
    return Stream.of(ErrorCode.values())
        .filter(code -> code.label().equals(label))
        .findAny()
        .orElseThrow();
  }

  private static AsOf asOf(JsonNode a) {
    return new AsOf(identity(a.get("identity")), revision(a.get("revision")));
  }

  private static StoreIdentity identity(JsonNode i) {
    return new StoreIdentity(Long.parseUnsignedLong(i.asString(), 16));
  }

  private static Revision revision(JsonNode r) {
    return new Revision(Long.parseLong(r.asString()));
  }

  private static CacheLife life(JsonNode l) {
    return new CacheLife(
        l.get("stale").asLong(), l.get("revalidate").asLong(), l.get("expire").asLong());
  }

  private static TagSet tags(JsonNode t) {
    List<String> names = t.valueStream().map(JsonNode::asString).toList();
    return TagSet.of(names);
  }

  private static CacheKey key(JsonNode f) {
    return CacheKey.of(HexFormat.of().parseHex(f.get("key").asString()));
  }

  private static byte[] value(JsonNode content) {
    return HexFormat.of().parseHex(content.get("value").asString());
  }

  private static long unsigned(JsonNode number) {
    return Long.parseUnsignedLong(number.asString());
  }
}
