package dev.larder.server.forward;

import dev.larder.core.Namespace;
import java.util.List;
import java.util.OptionalLong;

/**
 * What a CDN is told at once: that tags were invalidated.
 *
 * @param namespace where
 * @param revision of the last of these invalidations
 * @param tags as CDNs know them, each once; empty: everything
 * @param expire in how many seconds what carries them expires, counted from when they were
 *     invalidated: 0 is at once; empty is never, it is stale and no more
 */
record Purge(Namespace namespace, long revision, List<String> tags, OptionalLong expire) {
  /** Whether what carries the tags may be served until it was fetched anew. */
  boolean soft() {
    return expire.isEmpty() || expire.getAsLong() > 0;
  }

  /** Whether it is about everything: too much was invalidated to name it. */
  boolean everything() {
    return tags.isEmpty();
  }
}
