package dev.larder.client.protocol;

import dev.larder.core.Put;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Request;
import java.util.Optional;

/** How a client speaks to a server of version 1: without what is new in version 2. */
final class VersionOne {
  private VersionOne() {}

  /** The request as it can be asked there; none if it cannot. */
  static Optional<Request> worded(Request request) {
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
