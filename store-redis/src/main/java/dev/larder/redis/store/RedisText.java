package dev.larder.redis.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.spi.SharedText;
import dev.larder.core.spi.StoreException;
import dev.larder.redis.client.RedisClient;
import dev.larder.redis.client.Script;
import dev.larder.redis.client.Traffic;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * A text in a string of the store. A change waits for as many replicas as an invalidation does.
 *
 * <p>One text is told from another by its SHA-1, which the store computes, too: what is known
 * already is not sent again. Nothing depends on it against somebody who may write to the store.
 */
final class RedisText implements SharedText {
  private static final byte[] MAX = Names.bytes(Integer.toString(MAX_BYTES + 1));

  private final RedisClient redis;
  private final byte[] key;

  /** What was read last. */
  private volatile Known known = new Known("", Optional.empty());

  private record Known(String digest, Optional<String> text) {}

  /** The text of that key. */
  RedisText(RedisClient redis, byte[] key) {
    this.redis = redis;
    this.key = key;
  }

  @Override
  public CompletionStage<Optional<String>> read() {
    Known before = known;
    return redis
        .connect()
        .thenCompose(connected ->
            redis.run(
                Traffic.URGENT,
                Scripts.TEXT,
                new byte[][] {key},
                Names.bytes(before.digest()),
                MAX))
        .thenApply(reply -> {
          if (reply.size() == 1) {
            return before.text();
          }
          known = reply.isEmpty() ? new Known("", Optional.empty()) : received(reply);
          return known.text();
        });
  }

  private Known received(List<Object> reply) {
    if (reply.getLast() instanceof byte[] bytes && bytes.length <= MAX_BYTES) {
      try {
        String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        return new Known(Replies.text((byte[]) reply.getFirst()), Optional.of(text));
      } catch (CharacterCodingException e) {
        throw new StoreException("'%s' is no text in UTF-8".formatted(name()));
      }
    }
    throw new StoreException("'%s' is larger than %d bytes".formatted(name(), MAX_BYTES));
  }

  @Override
  public CompletionStage<Boolean> replace(Optional<String> expected, String text) {
    byte[] digest = Names.bytes(expected.map(each -> Script.of(each).digest()).orElse(""));
    return redis
        .connect()
        .thenCompose(connected ->
            redis.runReplicated(
                Scripts.REPLACE_TEXT, new byte[][] {key}, digest, Names.bytes(text)))
        .thenApply(reply -> reply.getFirst() instanceof Long one && one == 1);
  }

  private String name() {
    return new String(key, UTF_8);
  }
}
