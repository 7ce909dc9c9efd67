package dev.larder.server.simulation;

import dev.larder.core.AsOf;
import dev.larder.core.CacheKey;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource.Via;
import dev.larder.core.Lookup;
import dev.larder.core.Namespace;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.engine.Cache;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.FrameReader;
import dev.larder.core.wire.FrameReader.Read;
import dev.larder.core.wire.FrameWriter;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import dev.larder.server.events.EventLog;
import dev.larder.server.session.Fleet;
import dev.larder.server.session.Grants;
import dev.larder.server.session.Liveness;
import dev.larder.server.session.Pushes;
import dev.larder.server.session.Reply;
import dev.larder.server.session.Session;
import dev.larder.server.session.SessionMemory;
import dev.larder.server.simulation.FleetSimulation.Flaw;
import dev.larder.server.simulation.SimulatedLink.End;
import dev.larder.server.simulation.SimulatedLink.Side;
import dev.larder.testkit.ManualTime;
import dev.larder.testkit.MortalScheduler;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * A connection of a simulated server: the session and the pushes of the real one, carried as its
 * socket carries them. Reads along what is asked and answered, for the checker, and makes the
 * mistakes of a server that has a {@link Flaw}.
 */
final class SimulatedEndpoint implements End {
  private static final int FRAME_LIMIT = 1 << 20;
  private static final int MAX_VALUE = 1 << 16;
  private static final Session.Terms TERMS =
      new Session.Terms(SimulatedServer.HEARTBEAT, FRAME_LIMIT, MAX_VALUE, "simulated");

  private final SimulatedLink link;
  private final ManualTime time;
  private final Random random;
  private final FleetChecker checker;
  private final Flaw flaw;
  private final MortalScheduler process;
  private final Cache cache;
  private final Session session;
  private final Pushes pushes;
  private final Liveness liveness = new Liveness();
  private final Runnable left;
  private final Runnable unsubscribe;
  private final Map<Integer, Asked> asked = new HashMap<>();
  private FrameWriter outgoing = new FrameWriter();
  private List<Runnable> onSent = new ArrayList<>();
  private boolean flushing;
  private boolean open = true;

  /**
   * A request that is not answered.
   *
   * @param asOf where history stood
   * @param at the moment it came
   */
  private record Asked(Request request, AsOf asOf, long at) {
    boolean isLookup() {
      return request instanceof Request.Lookup;
    }
  }

  /**
   * Serves whoever is at the other side of that link.
   *
   * @param left run when it has gone
   */
  SimulatedEndpoint(
      SimulatedLink link,
      ManualTime time,
      Random random,
      FleetChecker checker,
      Flaw flaw,
      MortalScheduler process,
      Cache cache,
      SessionMemory memory,
      Runnable left) {
    this.link = link;
    this.time = time;
    this.random = random;
    this.checker = checker;
    this.flaw = flaw;
    this.process = process;
    this.cache = cache;
    this.left = left;
    this.session =
        new Session(
            cache,
            TERMS,
            Grants.ALL,
            memory,
            this::later,
            new Fleet(new Namespace("simulated"), new EventLog(InstantSource.system()))
                .join(Via.CONNECTION),
            () -> {});
    this.pushes = new Pushes(memory.outgoing(), cache::now);
    this.unsubscribe = cache.subscribe(happened -> later(() -> push(happened)));
    checkLiveness();
  }

  /** Runs something in a turn of the event loop of its own. */
  private void later(Runnable task) {
    process.after(0, task);
  }

  @Override
  public void received(ByteBuffer message) {
    process.enter(() -> {
      if (open) {
        liveness.heard();
        var reader = new FrameReader(message, FRAME_LIMIT);
        while (reader.hasNext()) {
          answer(reader.next());
        }
      }
    });
  }

  @Override
  public void closed() {
    process.enter(this::end);
  }

  private void checkLiveness() {
    if (open) {
      process.after(
          SimulatedServer.HEARTBEAT,
          () -> {
            if (open && liveness.isSilent(false)) {
              link.close(Side.SERVER);
              end();
            }
            checkLiveness();
          });
    }
  }

  private void end() {
    if (open) {
      open = false;
      unsubscribe.run();
      session.close();
      onSent.forEach(Runnable::run);
      asked.forEach((id, request) -> {
        if (request.isLookup()) {
          checker.answered(this, id);
        }
      });
      left.run();
    }
  }

  private void answer(Read read) {
    if (!(read instanceof Read.Good(Frame(int id, Request request)))) {
      throw new AssertionError("a client sent what is no request: " + read);
    }
    if (!(request instanceof Request.Cancel)) {
      asked.put(id, new Asked(request, cache.asOf(), time.millis()));
    }
    if (request instanceof Request.Lookup(Lookup lookup)) {
      checker.asked(this, id, lookup);
    }
    if (flaw == Flaw.SERVER_ACKNOWLEDGES_FIRST && request instanceof Request.Invalidate) {
      AsOf now = cache.asOf();
      send(new Frame(id, new Response.Invalidated(new AsOf(now.store(), now.revision().next()))));
    }
    Read judged = new Read.Good(new Frame(id, flawed(request)));
    Optional<Frame> known = session.atHand(judged);
    if (known.isPresent()) {
      send(known.orElseThrow());
    } else {
      session.answer(judged).ifPresent(answer -> answer.thenAccept(this::send));
    }
  }

  private Request flawed(Request request) {
    return flaw == Flaw.SERVER_LEASES_TO_EVERYBODY && request instanceof Request.Lookup(Lookup asks)
        ? new Request.Lookup(new Lookup(asks.key(), asks.softTags(), false, 0))
        : request;
  }

  private void send(Reply reply) {
    if (open) {
      onSent.add(reply.sent());
    } else {
      reply.sent().run();
    }
    send(reply.frame());
  }

  /** Sends an answer; the checker learns what the server did even if nobody is there any more. */
  private void send(Frame frame) {
    Asked answered = asked.remove(frame.requestId());
    if (answered == null || (!open && answered.isLookup())) {
      return;
    }
    if (flaw == Flaw.SERVER_FORGETS_TO_ANSWER && answered.isLookup() && random.nextInt(100) == 0) {
      return;
    }
    Response response = flawed((Response) frame.message());
    check(frame.requestId(), answered, response);
    if (open) {
      if (response instanceof Response.Welcome welcome) {
        pushes.begin(welcome.asOf());
      }
      outgoing.write(new Frame(frame.requestId(), response));
      flushLater();
    }
  }

  private Response flawed(Response response) {
    return flaw == Flaw.SERVER_LEASES_TO_EVERYBODY && response instanceof Response.Miss miss
        ? new Response.Miss(miss.asOf(), random.nextLong() | 1)
        : response;
  }

  private void check(int id, Asked asked, Response response) {
    if (asked.request() instanceof Request.Lookup(Lookup lookup)) {
      checker.answered(this, id);
      long lease =
          switch (response) {
            case Response.Stale stale -> stale.lease();
            case Response.Miss miss -> miss.lease();
            default -> 0;
          };
      checker.granted(link, lookup.key(), asked.asOf().revision().number(), lease);
    } else if (asked.request() instanceof Request.Put(Put put)
        && response instanceof Response.Stored(PutOutcome outcome)) {
      checker.stored(link, put, outcome);
    } else if (asked.request() instanceof Request.Renew(CacheKey key, long lease)
        && response instanceof Response.Renewed(boolean held)) {
      checker.renewed(lease, held, asked.at());
    } else if (response instanceof Response.Invalidated(AsOf asOf)) {
      checker.acknowledged(link, id, asOf);
    }
  }

  private void push(Invalidation happened) {
    if (open) {
      pushes.add(happened);
      while (pushes.waits()) {
        pushes.next(outgoing);
        flushLater();
      }
    }
  }

  private void flushLater() {
    if (!flushing) {
      flushing = true;
      later(this::flush);
    }
  }

  /** What became known in one turn of the event loop leaves as one message. */
  private void flush() {
    flushing = false;
    if (open) {
      link.send(Side.SERVER, outgoing.message());
      outgoing = new FrameWriter();
      List<Runnable> sent = onSent;
      onSent = new ArrayList<>();
      sent.forEach(Runnable::run);
    }
  }
}
