package dev.larder.client.protocol;

import dev.larder.core.Put;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Request;
import java.util.Optional;

/** How a client speaks to a server of an earlier version: without what is new since. */
final class Wording {
  private Wording() {}

  /** The request as it can be asked of a server of that version; none if it cannot. */
  static Optional<Request> of(Request request, int version) {
    if (version < 3 && request instanceof Request.Paths) {
      return Optional.empty();
    }
    return version < 2 ? ofVersionOne(request) : Optional.of(request);
  }

  private static Optional<Request> ofVersionOne(Request request) {
    return switch (request) {
      case Request.Put(Put put) ->
          Optional.of(
              new Request.Put(
                  new Put(
                      put.key(),
                      put.asOf(),
                      put.lease(),
                      put.tags(),
                      put.life(),
                      put.age(),
                      put.checksum(),
                      put.value())));
      case Request.Invalidate(TagSet tags, long expire, var source) ->
          Optional.of(new Request.Invalidate(tags, expire));
      case Request.Identify identify -> Optional.empty();
      case Request.Report report -> Optional.empty();
      default -> Optional.of(request);
    };
  }
}
