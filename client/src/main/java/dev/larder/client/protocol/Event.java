package dev.larder.client.protocol;

import dev.larder.core.CacheKey;
import dev.larder.core.wire.Response;

/** Something that happened in a conversation, for whoever has it. */
public sealed interface Event {
  /**
   * The handshake is done: requests can be asked. Comes once, before everything but {@link Ended}
   * and {@link Complained}.
   *
   * @param welcome the answer to the handshake
   * @param lost whether what this process knew does not lead to where the server is: nothing it
   *     keeps may be served any more
   */
  record Opened(Response.Welcome welcome, boolean lost) implements Event {}

  /**
   * A call was answered. An answer that is a {@link Response.Failed} is one too.
   *
   * @param answer a response to the request of the call
   */
  record Answered(Call call, Response answer) implements Event {}

  /** A call that will not be answered. The server may have done what it asks for, or may yet. */
  record Unanswered(Call call, Reason reason) implements Event {
    /** Why there is no answer. */
    public enum Reason {
      /** It did not come within the time of the call. A lease it grants is given back. */
      LATE,
      /** The conversation is not open, or not open any more. */
      LOST,
      /** The server speaks version 1, in which this cannot be asked. */
      UNSPEAKABLE
    }
  }

  /**
   * An invalidation was pushed.
   *
   * @param follows whether it is the one after the last that is known. If not, something was
   *     missed, or is not known yet: what is kept is not proved to be current until the next {@link
   *     Refreshed}
   */
  record Pushed(Response.Pushed pushed, boolean follows) implements Event {}

  /**
   * The list of a refresh. Comes before the {@link Answered} of the same call.
   *
   * @param follows whether the list begins at or before what is known. If not, everything known is
   *     forgotten, and entries stamped before its {@code since} cannot be judged
   */
  record Refreshed(Response.Refreshed refreshed, boolean follows) implements Event {}

  /** A lease that was renewed, and has ended or is somebody else's. */
  record LeaseLost(CacheKey key, long lease) implements Event {}

  /**
   * The server asks this process to go to another one of its store: it is about to stop, or others
   * carry less. It answers until this conversation is closed; one that stops answers lookups that
   * wait with a miss without a lease at once. Another conversation is begun elsewhere; once it is
   * open, this one {@linkplain Conversation#handOver() hands over} its leases, and is closed when
   * it is {@linkplain Conversation#isIdle() idle}.
   */
  record Leaving() implements Event {}

  /**
   * The server could not read something, and cannot tell which call it belongs to.
   *
   * @param failure what it says of it
   */
  record Complained(Response.Failed failure) implements Event {}

  /**
   * The conversation is over, and its connection is to be closed. Comes once, after {@link
   * Unanswered} for every call.
   *
   * @param why in words, for people
   */
  record Ended(Cause cause, String why) implements Event {
    /** Why it is over. */
    public enum Cause {
      /** The server speaks no version that is spoken here, or refuses the handshake. */
      REFUSED,
      /** Nothing was heard for three heartbeats, or no WELCOME in time. */
      SILENT,
      /** The server sent what is no answer of the protocol. */
      GARBLED,
      /** The connection was closed. */
      CLOSED
    }
  }
}
