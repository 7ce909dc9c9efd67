package dev.larder.client.protocol;

import dev.larder.client.protocol.Calls.Asker;
import dev.larder.client.protocol.Calls.Pending;
import dev.larder.core.CacheKey;
import dev.larder.core.Identity;
import dev.larder.core.wire.ErrorCode;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.FrameReader;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;

/**
 * One client's conversation with a server, over one connection that somebody else has. It takes
 * what is asked, what came and that time has passed; it gives what is to be sent, what happened and
 * when it wants to be woken again.
 *
 * <p>Its owner does, after each call: send each {@link #outgoing} fragment, deal with each {@link
 * #event}, and have {@link #tick} called at {@link #wakeAt}. Not for several threads.
 */
public final class Conversation {
  /*
   * How it works. It is a state machine without input and output: no method waits, calls anybody back
   * or reads another clock than the one it was given. So the same code runs over the JDK's WebSocket,
   * over a blocking socket and in a simulated fleet, where a seed decides what arrives when.
   *
   *   Outbox    frames to be sent, as messages              Inbox    parts that came, as messages
   *   Calls     requests without an answer, and deadlines   History  what is known of the namespace
   *   Leases    the leases this process generates under
   *
   * History and Leases belong to the process and outlive the conversation: the HELLO of the next one
   * names what is known, and it renews the leases at once. Where two conversations are open, because
   * one server has said LEAVING, it hands them over to the other.
   *
   * Versions. The HELLO names the latest version; a server that does not speak it says so, and the HELLO
   * is said again with the one before. What a server of an earlier version does not know is left away.
   *
   * Liveness. A server closes a connection it has not heard for three heartbeats, and a client gives
   * up one it has not heard for as long. Both are met by a PING whenever nothing was sent for a
   * heartbeat, or nothing came: somebody who only sends lookups that wait sends often, and would hear
   * nothing.
   *
   * A lookup that is given up is cancelled at the server. Its answer may be on its way, with a lease
   * that nobody would use: the call stays known until it is answered, and such a lease is given back.
   */
  private static final int SILENT_HEARTBEATS = 3;

  private final Request.Hello hello;
  private final Identity identity;
  private final History history;
  private final Leases leases;
  private final InstantSource clock;
  private final Outbox outbox = new Outbox();
  private final Inbox inbox = new Inbox();
  private final Calls calls = new Calls();
  private final Queue<Event> events = new ArrayDeque<>();
  private final long handshakeUntil;
  private Call greeting;
  private int version;
  private State state = State.CONNECTING;
  private boolean leaving;
  private boolean handedOver;
  private int heartbeat;
  private int term;
  private long sentAt;
  private long heardAt;
  private long pingedAt;

  private enum State {
    CONNECTING,
    OPEN,
    ENDED
  }

  /**
   * A conversation that begins with that HELLO over a connection that was just opened.
   *
   * @param hello what it says first: with the latest version that is to be spoken
   * @param identity which process this is, for people; said after the handshake unless it is none
   * @param handshake how long the WELCOME may take, in ms
   * @param history what this process knows, shared by its conversations
   * @param leases what it holds, shared by its conversations
   * @param clock one that never goes back
   */
  public Conversation(
      Request.Hello hello,
      Identity identity,
      long handshake,
      History history,
      Leases leases,
      InstantSource clock) {
    this.hello = hello;
    this.identity = identity;
    this.history = history;
    this.leases = leases;
    this.clock = clock;
    this.handshakeUntil = clock.millis() + handshake;
    this.version = hello.version();
    this.greeting = calls.next(hello, clock.millis());
    send(greeting);
  }

  /** True from the WELCOME to the end. */
  public boolean isOpen() {
    return state == State.OPEN;
  }

  /** True once the server has asked this process to go to another one. */
  public boolean isLeaving() {
    return leaving;
  }

  /** Another conversation of this process is open: from now on that one renews the leases. */
  public void handOver() {
    handedOver = true;
  }

  /** True if the server has answered everything it was asked. */
  public boolean isIdle() {
    return calls.isEmpty();
  }

  // What is asked.

  /**
   * Asks a request that has an answer. {@link Event.Answered} or {@link Event.Unanswered} follows,
   * the second at once if the conversation is not open. A PUT or RELEASE that names a lease ends
   * its renewal.
   *
   * @param within how long the answer may take, in ms
   */
  public Call ask(Request request, long within) {
    long now = clock.millis();
    Call call = calls.next(request, now);
    switch (request) {
      case Request.Put(dev.larder.core.Put put) -> leases.letGo(put.lease());
      case Request.Release(CacheKey key, long lease) -> leases.letGo(lease);
      default -> {}
    }
    if (state != State.OPEN) {
      events.add(new Event.Unanswered(call, Event.Unanswered.Reason.LOST));
    } else if (worded(request).isEmpty()) {
      events.add(new Event.Unanswered(call, Event.Unanswered.Reason.UNSPEAKABLE));
    } else {
      calls.add(call, Asker.OWNER, now + within);
      send(call);
    }
    return call;
  }

  /** Wants no answer to a call any more: no event follows. Nothing happens if there was one. */
  public void cancel(Call call) {
    if (calls.giveUp(call) && call.request() instanceof Request.Lookup) {
      tell(new Request.Cancel(call.id()));
    }
  }

  /**
   * Renews a lease that an answer granted, as long as the generation under it may run.
   *
   * @param within after how many ms it is left to lapse if nothing came of it
   */
  public void hold(CacheKey key, long lease, long within) {
    long now = clock.millis();
    leases.hold(key, lease, now, now + within, term);
  }

  // What came.

  /**
   * Takes a part of a binary message.
   *
   * @param part from position to limit; not kept
   * @param last whether the message ends with it
   */
  public void received(ByteBuffer part, boolean last) {
    if (state == State.ENDED) {
      return;
    }
    heardAt = clock.millis();
    try {
      Optional<FrameReader> message = inbox.add(part, last);
      while (message.isPresent() && state != State.ENDED && message.orElseThrow().hasNext()) {
        read(message.orElseThrow().next());
      }
    } catch (Inbox.TooLarge e) {
      end(
          Event.Ended.Cause.GARBLED,
          "a message of more than %d bytes".formatted(Inbox.MESSAGE_BYTES));
    }
  }

  /** The connection was closed, or is about to be. Nothing happens if the conversation is over. */
  public void close(String why) {
    end(Event.Ended.Cause.CLOSED, why);
  }

  /** Time has passed. Calling it too often does no harm. */
  public void tick() {
    long now = clock.millis();
    switch (state) {
      case CONNECTING -> {
        if (now >= handshakeUntil) {
          end(Event.Ended.Cause.SILENT, "no WELCOME in time");
        }
      }
      case OPEN -> tick(now);
      case ENDED -> {}
    }
  }

  // What follows.

  /**
   * When {@link #tick} is to be called next, in ms of the clock; {@link Long#MAX_VALUE} if over.
   */
  public long wakeAt() {
    return switch (state) {
      case CONNECTING -> handshakeUntil;
      case OPEN ->
          Math.min(
              Math.min(calls.nextDeadline(), handedOver ? Long.MAX_VALUE : leases.next()),
              Math.min(nextPing(), silentAt()));
      case ENDED -> Long.MAX_VALUE;
    };
  }

  /** The next fragment to be sent; none if everything was. */
  public Optional<Fragment> outgoing() {
    return outbox.next();
  }

  /** What happened next, in the order it happened; none if that was all. */
  public Optional<Event> event() {
    return Optional.ofNullable(events.poll());
  }

  private void read(FrameReader.Read read) {
    switch (read) {
      case FrameReader.Read.Good(Frame(int id, Response response)) -> heard(id, response);
      case FrameReader.Read.Good(Frame(int id, Request request)) ->
          end(Event.Ended.Cause.GARBLED, "the server sent a request");
      case FrameReader.Read.Bad bad -> end(Event.Ended.Cause.GARBLED, bad.why());
    }
  }

  private void heard(int id, Response response) {
    switch (response) {
      case Response.Welcome welcome when state == State.CONNECTING -> welcomed(welcome);
      case Response.Failed failed when state == State.CONNECTING && id == greeting.id() ->
          refused(failed);
      case Response.Pushed pushed -> events.add(new Event.Pushed(pushed, history.pushed(pushed)));
      case Response.Leaving leave -> {
        leaving = true;
        events.add(new Event.Leaving());
      }
      default ->
          calls
              .answered(id)
              .ifPresentOrElse(call -> answered(call, response), () -> unasked(response));
    }
  }

  private void welcomed(Response.Welcome welcome) {
    if (welcome.version() != version) {
      end(
          Event.Ended.Cause.REFUSED,
          "the server speaks version %d, not %d".formatted(welcome.version(), version));
      return;
    }
    state = State.OPEN;
    heartbeat = Math.max(1, welcome.heartbeat());
    term = welcome.lease();
    events.add(new Event.Opened(welcome, !history.welcomed(hello.known(), welcome.asOf())));
    if (!identity.equals(Identity.NONE)) {
      tell(new Request.Identify(identity));
    }
    leases.move(clock.millis());
    renew(clock.millis());
  }

  private void refused(Response.Failed failed) {
    if (failed.code() != ErrorCode.UNSUPPORTED_VERSION || version <= Protocol.OLDEST) {
      end(Event.Ended.Cause.REFUSED, failed.message());
      return;
    }
    version--;
    greeting =
        calls.next(new Request.Hello(version, hello.client(), hello.known()), clock.millis());
    send(greeting);
  }

  private void answered(Pending pending, Response response) {
    learn(response);
    Call call = pending.call();
    switch (pending.asker()) {
      case OWNER -> {
        if (response instanceof Response.Refreshed refreshed) {
          events.add(new Event.Refreshed(refreshed, history.refreshed(refreshed)));
        }
        events.add(new Event.Answered(call, response));
      }
      case CONVERSATION -> {
        if (call.request() instanceof Request.Renew(CacheKey key, long lease)
            && response.equals(new Response.Renewed(false))) {
          leases.letGo(lease);
          events.add(new Event.LeaseLost(key, lease));
        }
      }
      case NOBODY -> giveBack(call, response);
    }
  }

  private void unasked(Response response) {
    if (response instanceof Response.Failed failed) {
      events.add(new Event.Complained(failed));
    }
  }

  private void learn(Response response) {
    switch (response) {
      case Response.Fresh fresh -> history.heard(fresh.asOf());
      case Response.Stale stale -> history.heard(stale.asOf());
      case Response.Miss miss -> history.heard(miss.asOf());
      case Response.Invalidated invalidated -> history.heard(invalidated.asOf());
      default -> {}
    }
  }

  /** Gives a lease back that was granted to somebody who had given up. */
  private void giveBack(Call call, Response response) {
    long lease =
        switch (response) {
          case Response.Stale stale -> stale.lease();
          case Response.Miss miss -> miss.lease();
          default -> 0;
        };
    if (lease != 0 && call.request() instanceof Request.Lookup(dev.larder.core.Lookup lookup)) {
      tell(new Request.Release(lookup.key(), lease));
    }
  }

  private void tick(long now) {
    if (now >= silentAt()) {
      end(Event.Ended.Cause.SILENT, "nothing heard for %d ms".formatted(now - heardAt));
      return;
    }
    for (Call late : calls.late(now)) {
      cancel(late);
      events.add(new Event.Unanswered(late, Event.Unanswered.Reason.LATE));
    }
    if (!handedOver) {
      renew(now);
    }
    if (now >= nextPing()) {
      pingedAt = now;
      tell(new Request.Ping());
    }
  }

  private void renew(long now) {
    leases.due(now, term).forEach(due -> tell(new Request.Renew(due.key(), due.lease())));
  }

  private long nextPing() {
    return Math.min(sentAt, Math.max(heardAt, pingedAt)) + heartbeat;
  }

  private long silentAt() {
    return heardAt + (long) SILENT_HEARTBEATS * heartbeat;
  }

  /** Asks something on the conversation's own behalf, if it can be asked. */
  private void tell(Request request) {
    Call call = calls.next(request, clock.millis());
    boolean answered = !(request instanceof Request.Cancel) && worded(request).isPresent();
    if (answered) {
      calls.add(call, Asker.CONVERSATION, Long.MAX_VALUE);
    }
    send(call);
  }

  private void send(Call call) {
    worded(call.request())
        .ifPresent(request -> {
          sentAt = clock.millis();
          outbox.add(new Frame(call.id(), request));
        });
  }

  /** A request as the server knows it; none if it does not. */
  private Optional<Request> worded(Request request) {
    return Wording.of(request, version);
  }

  private void end(Event.Ended.Cause cause, String why) {
    if (state == State.ENDED) {
      return;
    }
    state = State.ENDED;
    outbox.clear();
    List<Call> lost = calls.clear();
    lost.forEach(call -> events.add(new Event.Unanswered(call, Event.Unanswered.Reason.LOST)));
    events.add(new Event.Ended(cause, why));
  }
}
