package dev.larder.core;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Where an entry comes from: for people, and so that an entry goes with the build whose it is.
 * Texts that are too long are cut.
 *
 * @param label what it is: a path, the pattern of a route, the address of a fetch without its
 *     query, or the name of a function; at most {@value #MAX_LABEL} bytes
 * @param kind which cache of the client made it
 * @param build the build whose entry it is, that no other build reads; empty if others may, or if
 *     that is not known. At most {@value #MAX_NAME} bytes
 * @param instance the process that made it, as in {@link Identity}; at most {@value #MAX_NAME}
 *     bytes
 * @param generation how long the generation took, in ms; 0 if that is not known
 */
public record Origin(String label, Kind kind, String build, String instance, long generation) {
  /** The most bytes of a label. */
  public static final int MAX_LABEL = 200;

  /** The most bytes of a name. */
  public static final int MAX_NAME = 64;

  /** The longest generation in ms; a longer one counts as this. */
  public static final long MAX_GENERATION = 0xffffffffL;

  /** Nothing is known. */
  public static final Origin NONE = new Origin("", Kind.UNKNOWN, "", "", 0);

  /** What may have its build in its key; adapters of long ago say a build of everything. */
  private static final Set<Kind> OF_BUILDS =
      Collections.unmodifiableSet(EnumSet.of(Kind.USE_CACHE, Kind.REMOTE, Kind.PAGE, Kind.ROUTE));

  /** An origin of bounded texts. */
  public Origin {
    label = ShownText.of(label, MAX_LABEL);
    build = ShownText.of(build, MAX_NAME);
    instance = ShownText.of(instance, MAX_NAME);
    generation = Math.clamp(generation, 0, MAX_GENERATION);
  }

  /** True if nobody reads the entry any more once no process of this build runs. */
  public boolean isOnlyOf(String ended) {
    return !build.isEmpty() && build.equals(ended) && OF_BUILDS.contains(kind);
  }

  /** About how many bytes of memory keeping it takes. */
  long memoryBytes() {
    return equals(NONE) ? 0 : 200L + label.length() + build.length() + instance.length();
  }

  /** Which cache of a client made an entry. */
  public enum Kind {
    /** It did not say. */
    UNKNOWN(0, "unknown"),
    /** {@code use cache}. */
    USE_CACHE(1, "use-cache"),
    /** {@code use cache: remote}. */
    REMOTE(2, "remote"),
    /** A page. */
    PAGE(3, "page"),
    /** A route handler. */
    ROUTE(4, "route"),
    /** A {@code fetch}, or an {@code unstable_cache}. */
    FETCH(5, "fetch"),
    /** An optimized image. */
    IMAGE(6, "image"),
    /** A function of a Java service. */
    JAVA(7, "java");

    private static final List<Kind> ALL = List.of(values());

    private final int number;
    private final String label;

    Kind(int number, String label) {
      this.number = number;
      this.label = label;
    }

    /** Its number on the wire. */
    public int number() {
      return number;
    }

    /** Its name in JSON, metrics and docs. */
    public String label() {
      return label;
    }

    /**
     * The kind of that number.
     *
     * @throws InvalidValueException if there is none
     */
    public static Kind of(int number) {
      if (number < 0 || number >= ALL.size()) {
        throw new InvalidValueException(
            "kind %d; expected 0 to %d".formatted(number, ALL.size() - 1));
      }
      return ALL.get(number);
    }
  }
}
