package dev.larder.server.redisrest.shared;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.List;
import java.util.function.UnaryOperator;

/** What a command of a client becomes. */
sealed interface Request {
  /**
   * A command of the store.
   *
   * @param parts with names as they are in the store
   * @param script whether it runs a script, which may take its time
   * @param reply what the client is answered to the store's reply
   */
  record Sent(List<Bytes> parts, boolean script, UnaryOperator<Reply> reply) implements Request {
    byte[][] arrays() {
      return parts.stream().map(Bytes::array).toArray(byte[][]::new);
    }
  }

  /**
   * Several commands of the store, because others have keys in it.
   *
   * @param what is to be answered
   */
  record Walk(KeyWalk.Kind what, ScanOptions options) implements Request {}

  /** Nothing that the store is asked. */
  record Answered(Reply reply) implements Request {}
}
