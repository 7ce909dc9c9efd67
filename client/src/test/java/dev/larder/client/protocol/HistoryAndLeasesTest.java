package dev.larder.client.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.client.protocol.Event.Answered;
import dev.larder.client.protocol.Event.LeaseLost;
import dev.larder.client.protocol.Event.Pushed;
import dev.larder.client.protocol.Event.Refreshed;
import dev.larder.core.AsOf;
import dev.larder.core.PutOutcome;
import dev.larder.core.Revision;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What outlives a conversation: what is known of the namespace, and the leases that are held. */
class HistoryAndLeasesTest extends ConversationScenario {
  @Nested
  class Invalidations {
    private Call refresh() {
      return conversation.ask(new Request.Refresh(history.known()), 100);
    }

    private void refresh(AsOf asOf, long since, boolean follows) {
      Call call = refresh();
      var refreshed = new Response.Refreshed(asOf, new Revision(since), List.of());
      server.answers(call.id(), refreshed);
      assertThat(server.events())
          .containsExactly(new Refreshed(refreshed, follows), new Answered(call, refreshed));
      assertThat(history.known()).isEqualTo(asOf);
    }

    private void pushed(long revision, boolean follows) {
      server.answers(0, push(revision));
      assertThat(server.events()).containsExactly(new Pushed(push(revision), follows));
    }

    @Test
    void areFollowedOneByOneAfterARefresh() {
      open(at(3));
      pushed(4, false);
      refresh(at(4), 2, false);
      pushed(5, true);
      pushed(5, false);
      assertThat(history.known()).isEqualTo(at(5));
    }

    @Test
    void thatWereMissedAreAskedFor() {
      open(at(3));
      refresh(at(3), 0, false);
      pushed(5, false);
      assertThat(history.known()).isEqualTo(at(3));
      assertThat(history.latest()).isEqualTo(at(5));
      server.requests();
      refresh();
      assertThat(server.requests()).containsExactly(new Request.Refresh(at(3)));
      refresh(at(5), 3, true);
      pushed(6, true);
    }

    @Test
    void thatTheServerHasForgottenEndWhatIsKnown() {
      open(at(3));
      refresh(at(3), 0, false);
      refresh(at(9), 4, false);
      refresh(at(8, 1), 0, false);
    }

    @Test
    void pushedWhileARefreshIsUnderWayAreNotTakenBack() {
      open(at(3));
      refresh(at(3), 0, false);
      Call call = refresh();
      pushed(4, true);
      server.answers(call.id(), new Response.Refreshed(at(3), new Revision(3), List.of()));
      assertThat(history.known()).isEqualTo(at(4));
    }
  }

  @Nested
  class Leasing {
    private void hold(long lease, long within) {
      Call call = conversation.ask(lookup(0), 100);
      server.answers(call.id(), new Response.Miss(at(3), lease));
      conversation.hold(KEY, lease, within);
      server.requests();
      server.events();
    }

    /** The requests of so long a time, in which the server answers every PING. */
    private List<Request> requests(long millis) {
      var requests = new ArrayList<Request>();
      for (long passed = 0; passed < millis; passed += 100) {
        pass(100);
        for (List<Frame> message : server.messages()) {
          for (Frame frame : message) {
            if (frame.message() instanceof Request.Ping) {
              server.answers(frame.requestId(), new Response.Pong());
            } else if (frame.message() instanceof Request.Renew renew) {
              server.answers(frame.requestId(), new Response.Renewed(renew.lease() != 13));
              requests.add(renew);
            } else {
              requests.add((Request) frame.message());
            }
          }
        }
      }
      return requests;
    }

    @Test
    void isRenewedThreeTimesATermUntilItIsLeftToLapse() {
      open(at(3));
      hold(77, 3_500);
      assertThat(requests(10_000)).hasSize(3).containsOnly(new Request.Renew(KEY, 77));
      assertThat(leases.size()).isZero();
    }

    @Test
    void endsWithThePutOrTheRelease() {
      open(at(3));
      hold(77, 60_000);
      hold(78, 60_000);
      hold(79, 60_000);
      conversation.ask(put(77, 10), 1_000);
      conversation.ask(new Request.Release(KEY, 78), 1_000);
      leases.letGo(79);
      server.requests();
      assertThat(requests(3_000)).isEmpty();
    }

    @Test
    void isReportedWhenItIsLost() {
      open(at(3));
      hold(13, 60_000);
      assertThat(requests(3_000)).containsExactly(new Request.Renew(KEY, 13));
      assertThat(server.events()).containsExactly(new LeaseLost(KEY, 13));
    }

    @Test
    void isTakenOverByTheNextConversationAtOnce() {
      open(at(3));
      hold(77, 60_000);
      server.answers(0, new Response.Leaving());
      assertThat(server.events()).containsExactly(new Event.Leaving());
      assertThat(conversation.isLeaving()).isTrue();
      assertThat(requests(3_000)).hasSize(3).containsOnly(new Request.Renew(KEY, 77));
      conversation.handOver();
      assertThat(requests(6_000)).isEmpty();
      reconnect();
      server.requests();
      server.answers(1, welcome(at(3)));
      assertThat(server.requests()).containsExactly(new Request.Renew(KEY, 77));
    }

    @Test
    void isGivenBackByAPut() {
      open(at(3));
      hold(77, 60_000);
      Call call = conversation.ask(put(77, 10), 1_000);
      var stored = new Response.Stored(PutOutcome.STORED);
      server.answers(call.id(), stored);
      assertThat(server.events()).containsExactly(new Answered(call, stored));
    }
  }
}
