package dev.larder.server.forward;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;

/**
 * A Varnish with the module xkey, whose pages carry {@code xkey}: {@code PURGE} with the header
 * {@code xkey-purge}, or {@code xkey-softpurge} for what may be served stale, with blanks between
 * the tags. The guide has the VCL that answers it.
 *
 * @param url of Varnish
 */
record Varnish(URI url) implements Target {
  /** Varnish takes 8 KiB of one header by default. */
  private static final Bounds BOUNDS = new Bounds(500, 6000, 100, 100);

  @Override
  public String name() {
    return "varnish:" + url.getHost();
  }

  @Override
  public Bounds bounds() {
    return BOUNDS;
  }

  @Override
  public boolean tellsExpiry() {
    return false;
  }

  @Override
  public boolean forgetsAll() {
    return false;
  }

  @Override
  public HttpRequest request(Purge purge) {
    return HttpRequest.newBuilder(url)
        .method("PURGE", BodyPublishers.noBody())
        .header(purge.soft() ? "xkey-softpurge" : "xkey-purge", String.join(" ", purge.tags()))
        .build();
  }
}
