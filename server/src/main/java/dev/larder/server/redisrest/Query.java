package dev.larder.server.redisrest;

import dev.larder.redis.engine.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What follows the path of a request: the token, and arguments.
 *
 * <p>A name without a value is one argument; one with a value is two, so {@code ?EX=100} adds
 * {@code EX} and {@code 100} to the command of the path. Of several tokens the last counts.
 *
 * @param token the value of {@code _token}
 * @param arguments names and values of all others, in their order
 */
record Query(Optional<String> token, List<Bytes> arguments) {
  /**
   * Reads a query.
   *
   * @throws dev.larder.server.http.Refusal if a percent sign is followed by no byte
   */
  static Query of(@Nullable String query) {
    Optional<String> token = Optional.empty();
    List<Bytes> arguments = new ArrayList<>();
    for (String pair : query == null ? new String[0] : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      Bytes name = PercentCoding.decode(equals < 0 ? pair : pair.substring(0, equals), true);
      Optional<Bytes> value =
          equals < 0
              ? Optional.empty()
              : Optional.of(PercentCoding.decode(pair.substring(equals + 1), true));
      if (name.is("_token")) {
        token = value.map(Bytes::toString);
      } else if (!pair.isEmpty()) {
        arguments.add(name);
        value.ifPresent(arguments::add);
      }
    }
    return new Query(token, arguments);
  }
}
