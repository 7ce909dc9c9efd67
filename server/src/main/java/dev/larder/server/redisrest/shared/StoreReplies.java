package dev.larder.server.redisrest.shared;

import dev.larder.redis.client.Replies;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.List;

/**
 * Replies of the store as those of the embedded engine.
 *
 * <p>The client of the store makes no difference between a status and a string. Only {@code OK} is
 * made a status again, because formats write it differently.
 */
final class StoreReplies implements Replies<Reply> {
  private static final Bytes OK = Bytes.of("OK");

  @Override
  public Reply error(byte[] text) {
    return new Reply.SimpleError(Bytes.wrap(text));
  }

  @Override
  public Reply integer(long value) {
    return Reply.of(value);
  }

  @Override
  public Reply string(byte[] value) {
    Bytes string = Bytes.wrap(value);
    return string.equals(OK) ? Reply.OK : Reply.of(string);
  }

  @Override
  public Reply nothing() {
    return Reply.NIL;
  }

  @Override
  public Reply array(List<Reply> items) {
    return Reply.of(items);
  }
}
