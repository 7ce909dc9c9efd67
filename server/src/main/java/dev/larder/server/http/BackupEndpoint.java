package dev.larder.server.http;

import dev.larder.server.backup.Backup;
import dev.larder.server.backup.BackupWriter;
import dev.larder.server.socket.Connection;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * {@code GET /v1/backup}: a backup, as {@link BackupWriter} writes it, while it is made.
 *
 * <p>Of the namespaces that whoever asks may see. One at a time; another one is 503 {@code
 * overloaded}. If it fails on its way the connection is closed before the end, so that nobody takes
 * it for whole; so is one whose client takes nothing for 30 s. 409 {@code not-embedded} from a
 * server whose store is shared.
 */
final class BackupEndpoint {
  private static final Logger LOG = System.getLogger(BackupEndpoint.class.getName());

  private final Vertx vertx;
  private final Backup backup;
  private final Semaphore one = new Semaphore(1);

  BackupEndpoint(Vertx vertx, Backup backup) {
    this.vertx = vertx;
    this.backup = backup;
  }

  /** Sends it. Made by a thread of its own, which waits for the client as for the disk. */
  CompletionStage<?> send(Router.Call call) {
    if (!one.tryAcquire()) {
      throw new Refusal(503, "overloaded", "another backup is being made; expected one at a time");
    }
    HttpServerRequest request = call.request();
    var to = new Sent(vertx.getOrCreateContext(), request);
    return CompletableFuture.runAsync(() -> make(to, call), Thread::startVirtualThread)
        .whenComplete((done, failure) -> one.release());
  }

  private void make(Sent to, Router.Call call) {
    try {
      var writer = new BackupWriter(to);
      backup.into(writer, call.principal()::in);
      writer.end();
    } catch (IOException e) {
      failed(to, call.request(), e);
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      failed(to, call.request(), e);
      throw e;
    }
  }

  /** Before anything was sent, the failure is an answer; afterwards the end of the connection. */
  private static void failed(Sent to, HttpServerRequest request, Exception failure) {
    if (to.begun) {
      LOG.log(
          Level.WARNING, "a backup was not finished: {0}", String.valueOf(failure.getMessage()));
      Connection.of(request.connection()).close();
    }
  }

  /** The body of an answer. Whoever writes waits until the client has taken it. */
  private static final class Sent extends OutputStream {
    private static final int CHUNK = 64 << 10;
    private static final int PATIENCE_SECONDS = 30;

    private final Context context;
    private final HttpServerResponse response;
    private final Connection connection;
    private Buffer gathered = Buffer.buffer();

    /** True once something was sent. */
    private volatile boolean begun;

    Sent(Context context, HttpServerRequest request) {
      this.context = context;
      this.response = request.response();
      this.connection = Connection.of(request.connection());
    }

    @Override
    public void write(int each) throws IOException {
      write(new byte[] {(byte) each}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      gathered.appendBytes(bytes, from, length);
      if (gathered.length() >= CHUNK) {
        send(false);
      }
    }

    /** Only what is whole is closed. */
    @Override
    public void close() throws IOException {
      send(true);
    }

    private void send(boolean last) throws IOException {
      Buffer bytes = gathered;
      gathered = Buffer.buffer();
      var taken = new CompletableFuture<Void>();
      context.runOnContext(now -> {
        if (!begun) {
          begun = true;
          response
              .putHeader(HttpHeaders.CONTENT_TYPE, Exchange.FRAMES)
              .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
              .setChunked(true);
        }
        connection.sending(bytes.length());
        (last ? response.end(bytes) : response.write(bytes))
            .onComplete(sent -> {
              connection.sent(bytes.length());
              if (sent.succeeded()) {
                taken.complete(null);
              } else {
                taken.completeExceptionally(sent.cause());
              }
            });
      });
      await(taken);
    }

    private void await(CompletableFuture<Void> taken) throws IOException {
      try {
        taken.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        throw new IOException("the client has gone", e);
      } catch (TimeoutException e) {
        throw new IOException("the client took nothing for %d s".formatted(PATIENCE_SECONDS), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException();
      }
    }
  }
}
