package dev.larder.core.engine;

import dev.larder.core.CacheKey;
import dev.larder.core.Revision;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Renews leases: those granted here, and those that another server granted to a caller. */
final class LeaseRenewals {
  /** How often a lease is taken over whose key is asked for here. */
  private static final int ADOPTIONS = 20;

  /** After how many ms that is tried again. */
  private static final long ADOPT_AGAIN_AFTER = 15;

  private final Parts parts;

  /** The renewals of a cache. */
  LeaseRenewals(Parts parts) {
    this.parts = parts;
  }

  /**
   * Lets a lease last as long again as it did from its grant. One that another server granted is
   * taken over: from now on it ends with {@code caller}.
   *
   * @return completes with false if it has ended, or if the other servers cannot be asked
   */
  CompletionStage<Boolean> renew(CacheKey key, long lease, Caller caller) {
    Optional<Revision> grantedAsOf = parts.leases().renew(key, lease);
    if (grantedAsOf.isEmpty()) {
      return lease != 0 && parts.shared().shared()
          ? adopt(key, lease, caller, ADOPTIONS)
          : Cache.NO;
    }
    return parts
        .shared()
        .claim(key, lease, grantedAsOf.orElseThrow(), Revision.ZERO)
        .handle((still, failure) -> {
          if (failure == null && !still) {
            parts.leases().cede(key, lease, Revision.ZERO);
          }
          return failure == null && still;
        });
  }

  private CompletionStage<Boolean> adopt(CacheKey key, long lease, Caller caller, int attempts) {
    if (attempts == 0) {
      return Cache.NO;
    }
    if (!parts.leases().adopt(key, lease, caller)) {
      // Somebody leads here, or only asks whether it may: the other server still has the lease.
      var later = new CompletableFuture<CompletionStage<Boolean>>();
      parts
          .scheduler()
          .after(ADOPT_AGAIN_AFTER, () -> later.complete(adopt(key, lease, caller, attempts - 1)));
      return later.thenCompose(next -> next);
    }
    return parts
        .shared()
        .adopt(key, lease)
        .handle((asOf, failure) -> {
          if (failure != null || asOf.isEmpty()) {
            parts.leases().cede(key, lease, Revision.ZERO);
            return false;
          }
          return parts.leases().generatesAsOf(key, lease, asOf.orElseThrow());
        });
  }
}
