package dev.larder.server.forward;

import dev.larder.core.AsOf;
import dev.larder.core.AuditedInvalidation;
import dev.larder.core.Invalidation;
import dev.larder.core.Namespace;
import dev.larder.core.spi.Outbox;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What a target is told together: everything that waited when it was gathered. Of what was
 * invalidated several times each tag is told once. Used by one thread.
 */
final class Round {
  /** How many tags are told by name; of more, the target is told to forget everything. */
  static final int MOST_TAGS = 10_000;

  private final Target target;

  /** By namespace and expiry. */
  private final Map<Group, Set<String>> tags = new LinkedHashMap<>();

  /** Up to where, in each namespace. */
  private final Map<Namespace, AsOf> upTo = new HashMap<>();

  private int named;
  private long invalidations;
  private long oldest = Long.MAX_VALUE;

  /** What goes into one request. */
  private record Group(Namespace namespace, OptionalLong expire) {}

  Round(Target target) {
    this.target = target;
  }

  /** Whether it may take more, or has to be told first. */
  boolean full() {
    return named > MOST_TAGS && !target.forgetsAll();
  }

  /** Adds what waits in a namespace. */
  void add(Namespace namespace, Outbox.Waiting waiting) {
    for (AuditedInvalidation each : waiting.invalidations()) {
      invalidations++;
      oldest = Math.min(oldest, each.at());
      if (named <= MOST_TAGS || !target.forgetsAll()) {
        Set<String> of =
            tags.computeIfAbsent(
                new Group(namespace, expire(each)), group -> new LinkedHashSet<>());
        for (String tag : each.invalidation().tags()) {
          named += of.add(CdnTag.of(tag)) ? 1 : 0;
        }
      }
      upTo.put(namespace, new AsOf(waiting.history(), each.invalidation().revision()));
    }
  }

  /** Where in each namespace it ends. */
  Map<Namespace, AsOf> upTo() {
    return upTo;
  }

  /** How many invalidations it has. */
  long invalidations() {
    return invalidations;
  }

  /** When the oldest of them was made, in ms of the store's clock. */
  long oldest() {
    return oldest;
  }

  /** What the target is told, request by request. */
  List<Purge> purges() {
    if (named > MOST_TAGS && target.forgetsAll()) {
      return upTo.entrySet().stream()
          .map(each ->
              new Purge(each.getKey(), revision(each.getKey()), List.of(), OptionalLong.of(0)))
          .toList();
    }
    var purges = new ArrayList<Purge>();
    tags.forEach((group, names) -> {
      var request = new ArrayList<String>();
      int bytes = 0;
      for (String name : names) {
        boolean fits =
            request.size() < target.bounds().tags()
                && bytes + name.length() + 1 <= target.bounds().bytes();
        if (!fits) {
          purges.add(purge(group, request));
          request.clear();
          bytes = 0;
        }
        request.add(name);
        bytes += name.length() + 1;
      }
      if (!request.isEmpty()) {
        purges.add(purge(group, request));
      }
    });
    return purges;
  }

  private Purge purge(Group group, List<String> names) {
    return new Purge(
        group.namespace(), revision(group.namespace()), List.copyOf(names), group.expire());
  }

  private long revision(Namespace namespace) {
    return upTo.getOrDefault(namespace, AsOf.NONE).revision().number();
  }

  /**
   * The seconds that were asked for; of a target that does not tell them apart, one stands for all.
   */
  private OptionalLong expire(AuditedInvalidation each) {
    long deadline = each.invalidation().expiresAt();
    if (deadline == Invalidation.NOW) {
      return OptionalLong.of(0);
    }
    if (deadline == Invalidation.NEVER || !target.tellsExpiry()) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(Math.max(1, Math.round((deadline - each.at()) / 1000.0)));
  }
}
