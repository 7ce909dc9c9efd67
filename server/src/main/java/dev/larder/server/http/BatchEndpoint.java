package dev.larder.server.http;

import dev.larder.core.Lookup;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.FrameReader;
import dev.larder.core.wire.FrameReader.Read;
import dev.larder.core.wire.FrameWriter;
import dev.larder.core.wire.Request;
import dev.larder.server.session.Drain;
import dev.larder.server.session.MemoryLimit;
import dev.larder.server.session.OutgoingMemory;
import dev.larder.server.session.Reply;
import dev.larder.server.session.Session;
import dev.larder.server.socket.Chunks;
import dev.larder.server.socket.Connection;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * A list of frames in, a list of frames out: the conversation of a client without a connection.
 * Answers leave in the order of their requests, as the client takes them; what is asked for is
 * begun as long as there is room for its answers. Everything runs on the request's event loop.
 *
 * <p>How the parts work together: {@link #begin} takes the next frame of the body and gives it a
 * slot at the end of {@link #slots}; {@link #write} takes answers from the head of the slots and
 * encodes them; {@link #cut} makes pieces of what is encoded; {@link #send} hands pieces to the
 * socket, a few at a time. {@link #advance} runs them in turns until none has anything to do, and
 * is called again whenever an answer arrives or a piece has left.
 *
 * <p>Two rules keep it from waiting for itself. A large value is asked for only while nothing else
 * is under way, because it holds a permit of the memory. An answer that comes too early and does
 * not fit into the window is thrown away, and asked for again in its turn, then without a wait.
 *
 * <p>The answer has status 200 and type {@code application/octet-stream}. Faults of single requests
 * are ERROR frames in it; only what concerns the whole body is an HTTP error.
 */
final class BatchEndpoint {
  /** How many bytes of answers may wait, for their turn or for the client, before more is begun. */
  private static final long WINDOW = 1 << 20;

  /** How many requests may be under way. */
  private static final int UNDER_WAY = 1024;

  /** The most bytes of an answer that are handed to the socket at once. */
  private static final int PIECE_BYTES = 256 << 10;

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final Connection connection;
  private final OutgoingMemory outgoingMemory;
  private final Executor eventLoop;
  private final Session session;

  /** The frames of the body that were not begun. */
  private final FrameReader reader;

  /**
   * Releases the body: run when every frame was begun, and no PUT, whose value is a part of the
   * body, is under way any more.
   */
  private final Runnable received;

  private final Runnable beforeHead;
  private final CompletableFuture<Void> done = new CompletableFuture<>();

  /** The requests under way and not written, in the order in which their answers must leave. */
  private final Deque<Slot> slots = new ArrayDeque<>();

  /** A request that must be the only one when it is begun. */
  private Optional<Read> next = Optional.empty();

  private FrameWriter written = new FrameWriter();

  /** What is run once everything written so far has left: it releases memory. */
  private List<Runnable> leaving = new ArrayList<>();

  private final Deque<Buffer> pieces = new ArrayDeque<>();

  /** The bytes of answers that wait for those before them. */
  private long ready;

  /** The bytes handed over and not sent. */
  private long ahead;

  /** The bytes of {@link #pieces}. */
  private long behind;

  /** PUTs under way; while there are any, the body must stay. */
  private int puts;

  private boolean ended;

  /** Keeps an answer that is there at once from entering {@link #advance} a second time. */
  private boolean advancing;

  private BatchEndpoint(
      HttpServerRequest request,
      Executor eventLoop,
      Session session,
      OutgoingMemory outgoingMemory,
      FrameReader reader,
      Runnable received,
      Runnable beforeHead) {
    this.request = request;
    this.response = request.response();
    this.connection = Connection.of(request.connection());
    this.outgoingMemory = outgoingMemory;
    this.eventLoop = eventLoop;
    this.session = session;
    this.reader = reader;
    this.received = received;
    this.beforeHead = beforeHead;
  }

  /** A request that was begun, in its place. */
  private static final class Slot {
    private final Read read;
    private Optional<Reply> reply = Optional.empty();

    /** Whether its answer was let go of, to be asked for once it is its turn. */
    private boolean again;

    Slot(Read read) {
      this.read = read;
    }
  }

  /**
   * Answers the frames of one body.
   *
   * @param received run once nothing of the body is needed any more
   * @param drain ends the waits of this request when the server stops
   * @param beforeHead run before the head of the answer is written
   * @return completes once all is sent; fails if it cannot be
   * @throws Refusal if the first is not a handshake
   */
  static CompletionStage<Void> answer(
      HttpServerRequest request,
      Executor eventLoop,
      Session session,
      Session.Terms terms,
      OutgoingMemory outgoingMemory,
      Drain drain,
      Buffer body,
      Runnable received,
      Runnable beforeHead) {
    var reader =
        new FrameReader(((BufferInternal) body).getByteBuf().nioBuffer(), terms.frameLimit());
    Optional<Read> first = reader.hasNext() ? Optional.of(reader.next()) : Optional.empty();
    if (first.filter(BatchEndpoint::isHello).isEmpty()) {
      throw new Refusal(400, "invalid-value", "a batch must begin with a HELLO frame");
    }
    var batch =
        new BatchEndpoint(
            request, eventLoop, session, outgoingMemory, reader, received, beforeHead);
    batch.next = first;
    // A client that went away while it waited holds nothing; one that was answered keeps its
    // leases. It may have gone before there was a session to close.
    request.response().closeHandler(gone -> batch.gone());
    request.response().exceptionHandler(failure -> batch.gone());
    if (request.response().closed()) {
      batch.gone();
    }
    Drain.Participant participant =
        drain.register(() -> eventLoop.execute(session::drain), () -> {});
    batch.advance();
    return batch.done.whenComplete((all, failure) -> participant.done());
  }

  /** The version and the identity of a client are in HELLO: nothing can be answered before it. */
  private static boolean isHello(Read read) {
    return read instanceof Read.Good(Frame(int id, Request.Hello hello));
  }

  /**
   * The client closed the connection. What waits is let go of; leases of the session end if it had
   * not been answered, so that others need not wait for a client that will not store.
   */
  private void gone() {
    if (!response.ended()) {
      session.close();
    }
    if (!ended) {
      ended = true;
      account(-ahead - behind);
      leaving.forEach(Runnable::run);
      slots.forEach(slot -> slot.reply.ifPresent(reply -> reply.sent().run()));
      received.run();
      done.completeExceptionally(new Refusal(400, "invalid-value", "a client that went away"));
    }
  }

  /** Does what can be done now. */
  private void advance() {
    if (advancing || ended) {
      return;
    }
    advancing = true;
    try {
      boolean more = true;
      while (more) {
        write();
        more = begin();
      }
      send();
    } catch (RuntimeException e) {
      done.completeExceptionally(e);
      request.connection().close();
    } finally {
      advancing = false;
    }
  }

  /** Writes what is ready, in order. */
  private void write() {
    while (!slots.isEmpty() && waiting() < WINDOW) {
      Slot first = slots.element();
      if (first.again) {
        first.again = false;
        ask(first, unwaiting(first.read));
      }
      if (first.reply.isEmpty()) {
        return;
      }
      slots.remove();
      Reply reply = first.reply.orElseThrow();
      ready -= reply.bytes();
      leaving.add(reply.sent());
      written.write(reply.frame());
      if (written.length() >= PIECE_BYTES) {
        cut();
      }
    }
  }

  /** Begins the next request, if there is one and room for its answer. */
  private boolean begin() {
    if (next.isEmpty() && !reader.hasNext()) {
      return false;
    }
    if (slots.size() >= UNDER_WAY || waiting() + ready >= WINDOW) {
      return false;
    }
    Read read = next.orElseGet(reader::next);
    if (session.size(read) >= MemoryLimit.LARGE && (!slots.isEmpty() || waiting() > 0)) {
      // Who holds a permit for a large value must not wait for another one.
      next = Optional.of(read);
      if (slots.isEmpty()) {
        cut();
      }
      return false;
    }
    next = Optional.empty();
    var slot = new Slot(read);
    slots.add(slot);
    ask(slot, read);
    return true;
  }

  /** Asks the session. A request without an answer, such as a renewal, gives its slot back. */
  private void ask(Slot slot, Read read) {
    boolean put = read instanceof Read.Good(Frame(int id, Request.Put value));
    puts += put ? 1 : 0;
    session
        .answer(read)
        .ifPresentOrElse(
            answer -> answer.thenAccept(reply -> answered(slot, reply, put)),
            () -> slots.remove(slot));
  }

  /**
   * Keeps an answer for its turn, or lets go of it if there is no room. An answer that leads, which
   * means that the client is to generate, is always kept: to ask again would not make it the
   * leader.
   */
  private void answered(Slot slot, Reply reply, boolean put) {
    puts -= put ? 1 : 0;
    if (ended) {
      reply.sent().run();
      return;
    }
    boolean inTurn = slot.equals(slots.peek());
    if (!inTurn && !reply.leads() && reply.bytes() > 0 && reply.bytes() + ready > WINDOW) {
      // There is no room to keep it until those before it are answered.
      reply.sent().run();
      slot.again = true;
    } else {
      // What is not in its turn must not keep others out: it waits in the window.
      slot.reply = Optional.of(inTurn ? reply : passed(reply));
      ready += reply.bytes();
    }
    advance();
  }

  private static Reply passed(Reply reply) {
    reply.sent().run();
    return new Reply(reply.frame(), reply.bytes(), () -> {});
  }

  /** The same request, if it does not wait. */
  private static Read unwaiting(Read read) {
    return read instanceof Read.Good(Frame(int id, Request.Lookup(Lookup asked)))
        ? new Read.Good(
            new Frame(
                id,
                new Request.Lookup(
                    new Lookup(asked.key(), asked.softTags(), asked.leaseWanted(), 0))))
        : read;
  }

  /** The bytes that wait for the client. */
  private long waiting() {
    return written.length() + behind + ahead;
  }

  /** Makes pieces of what is written. */
  private void cut() {
    if (written.length() == 0) {
      return;
    }
    Buffer whole = Chunks.buffer(written);
    written = new FrameWriter();
    behind += whole.length();
    account(whole.length());
    for (int at = 0; at < whole.length(); at += PIECE_BYTES) {
      pieces.add(whole.slice(at, Math.min(whole.length(), at + PIECE_BYTES)));
    }
  }

  private void send() {
    boolean all = next.isEmpty() && !reader.hasNext() && slots.isEmpty();
    if (next.isEmpty() && !reader.hasNext() && puts == 0) {
      received.run();
    }
    if (all && !response.headWritten() && pieces.isEmpty()) {
      end(Optional.of(Chunks.buffer(written)));
      return;
    }
    if (all) {
      cut();
    }
    while (!pieces.isEmpty() && ahead < 2 * PIECE_BYTES) {
      Buffer piece = pieces.remove();
      behind -= piece.length();
      ahead += piece.length();
      head();
      response
          .write(piece)
          .onComplete(sent -> {
            if (!ended) {
              ahead -= piece.length();
              account(-piece.length());
              if (waiting() == 0) {
                List<Runnable> left = leaving;
                leaving = new ArrayList<>();
                left.forEach(Runnable::run);
              }
              eventLoop.execute(this::advance);
            }
          });
    }
    if (all && pieces.isEmpty() && ahead == 0 && written.length() == 0) {
      end(Optional.empty());
    }
  }

  private void head() {
    if (!response.headWritten()) {
      beforeHead.run();
      response.putHeader(HttpHeaders.CONTENT_TYPE, Exchange.FRAMES).setChunked(true);
    }
  }

  /** Ends the answer; with {@code rest} it has a length, and was never chunked. */
  private void end(Optional<Buffer> rest) {
    ended = true;
    int bytes = rest.map(Buffer::length).orElse(0);
    account(bytes);
    if (rest.isPresent()) {
      beforeHead.run();
      response.putHeader(HttpHeaders.CONTENT_TYPE, Exchange.FRAMES);
    }
    rest.map(response::end)
        .orElseGet(response::end)
        .onComplete(sent -> {
          account(-bytes);
          leaving.forEach(Runnable::run);
          if (sent.succeeded()) {
            done.complete(null);
          } else {
            done.completeExceptionally(sent.cause());
          }
        });
  }

  /**
   * Counts bytes that wait for the client: for the memory of all, and for the pace of this
   * connection.
   */
  private void account(long bytes) {
    outgoingMemory.add(bytes);
    if (bytes > 0) {
      connection.sending(bytes);
    } else {
      connection.sent(-bytes);
    }
  }
}
