package dev.larder.server.forward;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;

/**
 * Varnish with the module xkey, whose pages carry {@code xkey}: {@code PURGE} with the header
 * {@code xkey-purge}, or {@code xkey-softpurge} for what may be served stale, with blanks between
 * the tags. The guide has the VCL that answers it.
 */
final class Varnish {
  /** Varnish takes 8 KiB of one header by default. */
  private static final Target.Bounds BOUNDS = new Target.Bounds(500, 6000, 100, 100);

  private Varnish() {}

  /** The Varnish at that address. */
  static Target at(URI url) {
    return new Target(
        "varnish:" + url.getHost(),
        BOUNDS,
        false,
        false,
        purge ->
            HttpRequest.newBuilder(url)
                .method("PURGE", BodyPublishers.noBody())
                .header(
                    purge.soft() ? "xkey-softpurge" : "xkey-purge", String.join(" ", purge.tags()))
                .build());
  }
}
