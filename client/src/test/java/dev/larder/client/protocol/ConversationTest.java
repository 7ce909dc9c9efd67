package dev.larder.client.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.client.protocol.Event.Answered;
import dev.larder.client.protocol.Event.Ended;
import dev.larder.client.protocol.Event.Opened;
import dev.larder.client.protocol.Event.Unanswered;
import dev.larder.core.AsOf;
import dev.larder.core.Identity;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Origin;
import dev.larder.core.PathReads;
import dev.larder.core.Put;
import dev.larder.core.TagSet;
import dev.larder.core.wire.ErrorCode;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.FrameWriter;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** How a conversation begins, goes on and ends: handshake, calls, messages, heartbeat. */
class ConversationTest extends ConversationScenario {
  @Nested
  class Handshake {
    @Test
    void beginsWithAHelloThatNamesWhatIsKnown() {
      open(at(3));
      reconnect();
      assertThat(server.requests())
          .containsExactly(new Request.Hello(Protocol.VERSION, "test", at(3)));
    }

    @Test
    void isRefusedByAServerOfOtherVersions() {
      for (int id = 1; id <= Protocol.VERSION; id++) {
        assertThat(server.events()).isEmpty();
        server.answers(id, new Response.Failed(ErrorCode.UNSUPPORTED_VERSION, "speaks 9"));
      }
      assertThat(server.events()).containsExactly(new Ended(Ended.Cause.REFUSED, "speaks 9"));
      assertThat(conversation.wakeAt()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void namesTheProcess() {
      identity = new Identity("a", "b", 3, "c", "d", "e", "f", "strict", "websocket");
      reconnect();
      open(at(3));
      assertThat(server.requests()).containsExactly(new Request.Identify(identity));
      assertThat(conversation.isIdle()).isFalse();
      server.answers(2, new Response.Pong());
      assertThat(conversation.isIdle()).isTrue();
    }

    @Test
    void fallsBackToVersionOneAndLeavesAwayWhatIsNewSince() {
      identity = new Identity("a", "b", 3, "c", "d", "e", "f", "strict", "websocket");
      reconnect();
      server.requests();
      server.answers(1, new Response.Failed(ErrorCode.UNSUPPORTED_VERSION, "speaks 1"));
      assertThat(server.requests()).containsExactly(new Request.Hello(2, "test", AsOf.NONE));
      server.answers(2, new Response.Failed(ErrorCode.UNSUPPORTED_VERSION, "speaks 1"));
      assertThat(server.requests()).containsExactly(new Request.Hello(1, "test", AsOf.NONE));
      var welcome = new Response.Welcome(1, at(3), HEARTBEAT, TERM, 1 << 24, "server");
      server.answers(3, welcome);
      assertThat(server.events()).containsExactly(new Opened(welcome, false));
      Call identify = conversation.ask(new Request.Identify(identity), 100);
      assertThat(server.events())
          .containsExactly(new Unanswered(identify, Unanswered.Reason.UNSPEAKABLE));
      var source =
          new InvalidationSource("updateTag", "/", "a", "", InvalidationSource.Via.UNKNOWN);
      conversation.ask(new Request.Invalidate(TagSet.of("tag"), 0, source), 100);
      conversation.ask(new Request.Put(from(put(77, 10).put())), 100);
      List<Request> requests = server.requests();
      assertThat(requests).first().isEqualTo(new Request.Invalidate(TagSet.of("tag"), 0));
      assertThat(requests)
          .last()
          .isInstanceOfSatisfying(
              Request.Put.class,
              put -> {
                assertThat(put.put().origin()).isEqualTo(Origin.NONE);
                assertThat(put.put().lease()).isEqualTo(77);
              });
      assertThat(requests).hasSize(2);
    }

    @Test
    void fallsBackToVersionTwoAndLeavesAwayWhatIsNewSince() {
      identity = new Identity("a", "b", 3, "c", "d", "e", "f", "strict", "websocket");
      reconnect();
      server.requests();
      server.answers(1, new Response.Failed(ErrorCode.UNSUPPORTED_VERSION, "speaks 1 and 2"));
      assertThat(server.requests()).containsExactly(new Request.Hello(2, "test", AsOf.NONE));
      server.answers(2, new Response.Welcome(2, at(3), HEARTBEAT, TERM, 1 << 24, "server"));
      assertThat(server.requests()).containsExactly(new Request.Identify(identity));
      server.events();
      Call paths = conversation.ask(new Request.Paths(List.of(new PathReads("/", 3))), 100);
      assertThat(server.events())
          .containsExactly(new Unanswered(paths, Unanswered.Reason.UNSPEAKABLE));
      assertThat(server.requests()).isEmpty();
    }

    private static Put from(Put put) {
      return new Put(
          put.key(),
          put.asOf(),
          put.lease(),
          put.tags(),
          put.life(),
          put.age(),
          put.checksum(),
          put.value(),
          new Origin("/", Origin.Kind.JAVA, "", "a", 20));
    }

    @Test
    void isNotRefusedByAComplaintAboutSomethingElse() {
      var failed = new Response.Failed(ErrorCode.MALFORMED, "no frame");
      server.answers(0, failed);
      assertThat(server.events()).containsExactly(new Event.Complained(failed));
      open(at(3));
    }

    @Test
    void isGivenUpAfterItsTime() {
      pass(HANDSHAKE - 1);
      assertThat(server.events()).isEmpty();
      pass(1);
      assertThat(server.events())
          .containsExactly(new Ended(Ended.Cause.SILENT, "no WELCOME in time"));
    }

    @Test
    void saysThatHistoryWasLostIfItIsAnotherOrWentBack() {
      open(at(3));
      for (AsOf found : List.of(at(2), at(8, 9))) {
        reconnect();
        server.answers(1, welcome(found));
        assertThat(server.events()).containsExactly(new Opened(welcome(found), true));
        assertThat(history.known()).isEqualTo(AsOf.NONE);
        assertThat(history.latest()).isEqualTo(found);
      }
    }

    @Test
    void isNotAskedForBefore() {
      Call call = conversation.ask(new Request.Ping(), 100);
      assertThat(server.events()).containsExactly(new Unanswered(call, Unanswered.Reason.LOST));
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Nested
  class Calls {
    @Test
    void areAnsweredInAnyOrder() {
      open(at(3));
      Call first = conversation.ask(lookup(0), 100);
      Call second = conversation.ask(new Request.Hottest(1), 100);
      assertThat(server.messages()).extracting(List::size).containsExactly(2);
      server.answers(second.id(), new Response.Keys(List.of()));
      server.answers(first.id(), new Response.Miss(at(5), 0));
      assertThat(server.events())
          .containsExactly(
              new Answered(second, new Response.Keys(List.of())),
              new Answered(first, new Response.Miss(at(5), 0)));
      assertThat(history.latest()).isEqualTo(at(5));
      assertThat(conversation.isIdle()).isTrue();
    }

    @Test
    void areGivenUpWhenTheyAreLate() {
      open(at(3));
      Call call = conversation.ask(lookup(60_000), 500);
      Call other = conversation.ask(new Request.Hottest(1), 900);
      server.requests();
      pass(500);
      assertThat(server.events()).containsExactly(new Unanswered(call, Unanswered.Reason.LATE));
      assertThat(server.requests()).containsExactly(new Request.Cancel(call.id()));
      pass(400);
      assertThat(server.events()).containsExactly(new Unanswered(other, Unanswered.Reason.LATE));
      assertThat(server.requests()).isEmpty();
    }

    @Test
    void thatWereGivenUpGiveTheirLeaseBack() {
      open(at(3));
      Call call = conversation.ask(lookup(60_000), 500);
      conversation.cancel(call);
      server.requests();
      assertThat(conversation.isIdle()).isFalse();
      server.answers(call.id(), new Response.Miss(at(3), 77));
      assertThat(server.events()).isEmpty();
      assertThat(server.requests()).containsExactly(new Request.Release(KEY, 77));
    }

    @Test
    void areLostWithTheConnection() {
      open(at(3));
      Call call = conversation.ask(lookup(0), 500);
      conversation.close("reset");
      assertThat(server.events())
          .containsExactly(
              new Unanswered(call, Unanswered.Reason.LOST), new Ended(Ended.Cause.CLOSED, "reset"));
      conversation.close("again");
      server.answers(call.id(), new Response.Miss(at(3), 0));
      pass(100_000);
      assertThat(server.events()).isEmpty();
      assertThat(server.requests()).isEmpty();
    }
  }

  @Nested
  class Messages {
    @Test
    void holdWhatIsAskedTogetherUntilTheyAreFull() {
      open(at(3));
      for (int i = 0; i < 12; i++) {
        conversation.ask(put(0, 100_000), 500);
      }
      assertThat(server.messages()).extracting(List::size).containsExactly(11, 1);
    }

    @Test
    void ofALargeValueAreSentAloneAndInFragments() {
      open(at(3));
      conversation.ask(lookup(0), 500);
      conversation.ask(put(0, 600_000), 500);
      conversation.ask(lookup(0), 500);
      var parts = new ArrayList<Boolean>();
      for (var part = conversation.outgoing(); part.isPresent(); part = conversation.outgoing()) {
        assertThat(part.orElseThrow().bytes().remaining()).isLessThanOrEqualTo(256 << 10);
        parts.add(part.orElseThrow().last());
      }
      assertThat(parts).containsExactly(true, false, false, true, true);
      conversation.ask(lookup(0), 500);
      conversation.ask(put(0, 600_000), 500);
      assertThat(server.messages()).extracting(List::size).containsExactly(1, 1);
    }

    @Test
    void ofManyTagsAreSentInFragmentsToo() {
      open(at(3));
      var tags = TagSet.of(IntStream.range(0, 1000).mapToObj(i -> i + "x".repeat(3000)).toList());
      conversation.ask(new Request.Invalidate(tags, 0), 500);
      assertThat(server.requests()).containsExactly(new Request.Invalidate(tags, 0));
    }

    @Test
    void arriveInParts() {
      open(at(3));
      Call call = conversation.ask(lookup(0), 500);
      ByteBuffer message =
          new FrameWriter().write(new Frame(call.id(), new Response.Miss(at(3), 0))).message();
      conversation.received(message.slice(0, 6), false);
      assertThat(server.events()).isEmpty();
      conversation.received(message.slice(6, message.remaining() - 6), true);
      assertThat(server.events()).hasSize(1).first().isInstanceOf(Answered.class);
    }

    @Test
    void thatAreNoneEndTheConversation() {
      open(at(3));
      conversation.received(ByteBuffer.wrap(new byte[] {0, 0, 0, 1, 2}), true);
      assertThat(server.events())
          .singleElement()
          .isInstanceOfSatisfying(
              Ended.class, ended -> assertThat(ended.cause()).isEqualTo(Ended.Cause.GARBLED));
    }

    @Test
    void ofAClientEndTheConversation() {
      open(at(3));
      conversation.received(
          new FrameWriter().write(new Frame(5, new Request.Ping())).message(), true);
      assertThat(server.events())
          .containsExactly(new Ended(Ended.Cause.GARBLED, "the server sent a request"));
    }
  }

  @Nested
  class Heartbeat {
    @Test
    void isKeptWhenNothingElseIsSent() {
      open(at(3));
      pass(HEARTBEAT - 1);
      assertThat(server.requests()).isEmpty();
      pass(1);
      assertThat(server.requests()).containsExactly(new Request.Ping());
    }

    @Test
    void isAskedForWhenOnlyOtherThingsAreSent() {
      open(at(3));
      for (int i = 0; i < 20; i++) {
        pass(HEARTBEAT / 2);
        conversation.ask(lookup(60_000), 60_000);
        server.messages().stream()
            .flatMap(List::stream)
            .filter(frame -> frame.message() instanceof Request.Ping)
            .forEach(ping -> server.answers(ping.requestId(), new Response.Pong()));
      }
      assertThat(server.events()).isEmpty();
    }

    @Test
    void thatIsNotAnsweredEndsTheConversation() {
      open(at(3));
      pass(3 * HEARTBEAT - 1);
      assertThat(server.events()).isEmpty();
      pass(1);
      assertThat(server.events())
          .containsExactly(new Ended(Ended.Cause.SILENT, "nothing heard for 3000 ms"));
    }
  }
}
