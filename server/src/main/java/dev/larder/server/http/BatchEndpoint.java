package dev.larder.server.http;

import dev.larder.core.Cache;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.FrameReader;
import dev.larder.core.wire.FrameReader.Read;
import dev.larder.core.wire.FrameWriter;
import dev.larder.core.wire.Request;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** A list of frames in, a list of frames out: the conversation of a client without a connection. */
final class BatchEndpoint {
  private BatchEndpoint() {}

  /**
   * Answers the frames of one body.
   *
   * @param received what the body holds of the turnstile; it leaves once what it brings is stored
   * @param guests told of what waits, so that it is answered when the server stops
   * @throws Refusal if the first is not a handshake
   */
  static CompletionStage<Buffer> answer(
      HttpServerRequest request,
      Context context,
      Cache cache,
      Session.Terms terms,
      Turnstile turnstile,
      Turnstile.Pass received,
      Guests guests,
      Buffer body) {
    Executor home = task -> context.runOnContext(now -> task.run());
    var session = new Session(cache, terms, turnstile, home);
    var reader =
        new FrameReader(((BufferInternal) body).getByteBuf().nioBuffer(), terms.frameLimit());
    List<Read> frames = new ArrayList<>();
    while (reader.hasNext()) {
      frames.add(reader.next());
    }
    if (frames.isEmpty()
        || !(frames.getFirst() instanceof Read.Good(Frame(int id, Request.Hello hello)))) {
      throw new Refusal(400, "invalid-value", "a batch must begin with a HELLO frame");
    }
    List<CompletableFuture<Reply>> answers = new ArrayList<>();
    List<CompletableFuture<Reply>> puts = new ArrayList<>();
    for (Read frame : frames) {
      session
          .answer(frame)
          .map(BatchEndpoint::passing)
          .ifPresent(answer -> {
            answers.add(answer);
            if (frame instanceof Read.Good(Frame(int number, Request.Put put))) {
              puts.add(answer);
            }
          });
    }
    // A client that went away while it waited holds nothing; one that was answered keeps its
    // leases. It may have gone before there was a session to close.
    request.response().closeHandler(gone -> closeUnlessAnswered(request, session));
    if (request.response().closed()) {
      session.close();
    }
    Guests.Guest guest = guests.enter(() -> home.execute(session::leave), () -> {});
    var stored = CompletableFuture.allOf(puts.toArray(CompletableFuture[]::new));
    return stored
        .thenRun(received::leave)
        .thenCompose(done -> CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)))
        .whenComplete((all, failure) -> guest.left())
        .thenCompose(
            all -> turnstile.enter(answers.stream().mapToLong(a -> a.join().bytes()).sum()))
        .thenApply(pass -> {
          request.response().endHandler(sent -> pass.leave());
          request
              .response()
              .closeHandler(gone -> {
                closeUnlessAnswered(request, session);
                pass.leave();
              });
          if (request.response().closed()) {
            pass.leave();
          }
          var writer = new FrameWriter();
          answers.forEach(answer -> writer.write(answer.join().frame()));
          return Pieces.buffer(writer);
        });
  }

  /** An answer that holds no pass: it leaves with the last one, which may need the room. */
  private static CompletableFuture<Reply> passing(CompletionStage<Reply> answer) {
    return answer
        .thenApply(reply -> {
          reply.sent().run();
          return reply;
        })
        .toCompletableFuture();
  }

  private static void closeUnlessAnswered(HttpServerRequest request, Session session) {
    if (!request.response().ended()) {
      session.close();
    }
  }
}
