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
 * @param refused is told of each request that is refused
 */
public record Grants(String token, boolean store, boolean invalidate, Refused refused) {
  /** Everything, to a client without a token. */
  public static final Grants ALL = new Grants("", true, true, invalidates -> "");

  /** Who notes what was refused. */
  @FunctionalInterface
  public interface Refused {
    /**
     * Notes a request that was refused.
     *
     * @param invalidates whether it would invalidate, and not store
     * @return why, in a sentence for people without a secret
     */
    String because(boolean invalidates);
  }

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
        : Optional.of(refused.because(request instanceof Request.Invalidate));
  }

  /** The lookup as it may be asked: who cannot store is given no lease, for which others wait. */
  Lookup limited(Lookup lookup) {
    return store ? lookup : new Lookup(lookup.key(), lookup.softTags(), false, lookup.waitBudget());
  }
}
