package dev.larder.redis.store;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a node does once its memory is full, as {@code INFO memory} says.
 *
 * @param name its {@code maxmemory-policy}, such as {@code volatile-lru}
 * @param maxmemory the bytes it may take; 0 if there is no bound
 */
record MemoryPolicy(String name, long maxmemory) {
  private static final Pattern NAME = Pattern.compile("(?m)^maxmemory_policy:(\\S+)");
  private static final Pattern BYTES = Pattern.compile("(?m)^maxmemory:(\\d+)");

  /**
   * The policy of a node.
   *
   * @param info its reply to {@code INFO memory}
   * @return empty if the reply does not say
   */
  static Optional<MemoryPolicy> in(String info) {
    Matcher name = NAME.matcher(info);
    Matcher bytes = BYTES.matcher(info);
    return name.find() && bytes.find()
        ? Optional.of(new MemoryPolicy(name.group(1), Long.parseLong(bytes.group(1))))
        : Optional.empty();
  }

  /** What is wrong with it, for a cache that must not lose its history; empty if nothing is. */
  Optional<String> remark() {
    if (name.toLowerCase(Locale.ROOT).startsWith("allkeys")) {
      return Optional.of(
          "maxmemory-policy is '%s', which evicts histories too, and everything stored with them;"
                  .formatted(name)
              + " expected volatile-lru");
    }
    if (name.equals("noeviction") && maxmemory > 0) {
      return Optional.of(
          ("maxmemory-policy is 'noeviction': once entries fill its %d MiB every invalidation is"
                  + " refused; expected volatile-lru, or no maxmemory")
              .formatted(maxmemory >> 20));
    }
    return Optional.empty();
  }
}
