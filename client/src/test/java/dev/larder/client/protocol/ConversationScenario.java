package dev.larder.client.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.client.protocol.Event.Opened;
import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Identity;
import dev.larder.core.Lookup;
import dev.larder.core.Put;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import dev.larder.testkit.Entries;
import dev.larder.testkit.ManualTime;

/** A conversation with a server that the test plays, in time that stands still. */
abstract class ConversationScenario {
  static final long HANDSHAKE = 2_000;
  static final int HEARTBEAT = 1_000;
  static final int TERM = 3_000;
  static final CacheKey KEY = Entries.key("key");

  final ManualTime time = new ManualTime(50_000);
  final History history = new History();
  final Leases leases = new Leases();
  Identity identity = Identity.NONE;
  Conversation conversation = conversation();
  ServerSide server = new ServerSide(conversation);

  Conversation conversation() {
    var hello = new Request.Hello(Protocol.VERSION, "test", history.latest());
    return new Conversation(hello, identity, HANDSHAKE, history, leases, time);
  }

  /** The connection is another one. */
  void reconnect() {
    conversation = conversation();
    server = new ServerSide(conversation);
  }

  static AsOf at(long revision) {
    return at(7, revision);
  }

  static AsOf at(long store, long revision) {
    return new AsOf(new StoreIdentity(store), new Revision(revision));
  }

  static Response.Welcome welcome(AsOf asOf) {
    return new Response.Welcome(Protocol.VERSION, asOf, HEARTBEAT, TERM, 1 << 24, "server");
  }

  /** Has the handshake done, at this point of history. */
  void open(AsOf asOf) {
    server.requests();
    server.answers(1, welcome(asOf));
    assertThat(server.events()).containsExactly(new Opened(welcome(asOf), false));
  }

  static Request lookup(long wait) {
    return new Request.Lookup(new Lookup(KEY, TagSet.EMPTY, true, wait));
  }

  static Request.Put put(long lease, int bytes) {
    byte[] value = new byte[bytes];
    var life = new CacheLife(1, 2, 3);
    return new Request.Put(
        new Put(KEY, at(3), lease, TagSet.EMPTY, life, 0, CacheEntry.checksum(value), value));
  }

  static Response.Pushed push(long revision) {
    return new Response.Pushed(
        new StoreIdentity(7),
        new Response.Notification(new Revision(revision), 0, TagSet.of("tag")));
  }

  /** Moves time as whoever has the conversation does: it is woken when it asks to be. */
  void pass(long millis) {
    long until = time.millis() + millis;
    while (conversation.wakeAt() <= until) {
      time.advance(Math.max(0, conversation.wakeAt() - time.millis()));
      conversation.tick();
    }
    time.advance(until - time.millis());
  }
}
