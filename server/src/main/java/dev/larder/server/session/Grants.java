package dev.larder.server.session;

import dev.larder.core.Lookup;
import dev.larder.core.wire.Request;
import java.util.Optional;

/**
 * What a client may ask beside looking entries up.
 *
 * @param token the id of the token it has, for those who read what it did
 * @param store to generate entries and to store them
 * @param invalidate to invalidate tags
 */
public record Grants(String token, boolean store, boolean invalidate) {
  /** Everything, to a client without a token. */
  public static final Grants ALL = new Grants("", true, true);

  /**
   * Why a request is refused; none if it is not.
   *
   * <p>A sentence for people, without a secret.
   */
  Optional<String> refusal(Request request) {
    boolean allowed =
        switch (request) {
          case Request.Put put -> store;
          case Request.Renew renew -> store;
          case Request.Release release -> store;
          case Request.Invalidate invalidation -> invalidate;
          default -> true;
        };
    return allowed
        ? Optional.empty()
        : Optional.of(
            "the token of this client does not allow to %s"
                .formatted(request instanceof Request.Invalidate ? "invalidate" : "store entries"));
  }

  /** The lookup as it may be asked: who cannot store is given no lease, for which others wait. */
  Lookup limited(Lookup lookup) {
    return store ? lookup : new Lookup(lookup.key(), lookup.softTags(), false, lookup.waitBudget());
  }
}
