package dev.larder.core;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * The tags of an entry, of a reader (soft tags) or of an invalidation: distinct, in the order
 * given. An invalidation of a tag reaches every entry that carries it and every reader that names
 * it.
 *
 * @param names the tags, each 1 to 4096 bytes of UTF-8; at most 8192 of them, with 4 MiB together
 */
public record TagSet(List<String> names) implements Iterable<String> {
  /** The most tags a reader or an invalidation may name. */
  public static final int MAX_TAGS = 1024;

  /** The most tags an entry may carry. */
  public static final int MAX_OF_ENTRY = 8192;

  /** The most bytes of UTF-8 the tags of an entry may have together. */
  public static final int MAX_BYTES_OF_ENTRY = 4 << 20;

  /** The most bytes of UTF-8 one tag may have. */
  public static final int MAX_TAG_BYTES = 4096;

  /** What a tag takes in memory beside its letters, in bytes. */
  private static final int TAG_BYTES = 56;

  /** No tags. */
  public static final TagSet EMPTY = new TagSet(List.of());

  /**
   * The set of these tags; repeated ones count once.
   *
   * @throws InvalidValueException if there are too many, or one is empty or too long
   */
  public TagSet {
    checkCount(names.size(), MAX_OF_ENTRY);
    names.forEach(TagSet::check);
    if (names.size() > MAX_TAGS) {
      checkBytes(names);
    }
    names = List.copyOf(new LinkedHashSet<>(names));
  }

  /** The set of these tags. */
  public static TagSet of(String... names) {
    return new TagSet(List.of(names));
  }

  /** The set of these tags. */
  public static TagSet of(Collection<String> names) {
    return new TagSet(List.copyOf(names));
  }

  /** About how many bytes of memory they take. */
  public long memoryBytes() {
    long bytes = 0;
    for (String name : names) {
      bytes += TAG_BYTES + lettersBytes(name);
    }
    return bytes;
  }

  /** The bytes of memory that the letters of a tag take. */
  public static long lettersBytes(String tag) {
    boolean wide = tag.chars().anyMatch(letter -> letter > 0xff);
    return (wide ? 2L : 1L) * tag.length();
  }

  /** True if there are none. */
  public boolean isEmpty() {
    return names.isEmpty();
  }

  /** How many there are. */
  public int size() {
    return names.size();
  }

  @Override
  public Iterator<String> iterator() {
    return names.iterator();
  }

  @Override
  public String toString() {
    return names.toString();
  }

  /**
   * Checks a number of tags, before they are read.
   *
   * @throws InvalidValueException if it is above {@code most}
   */
  public static void checkCount(int count, int most) {
    if (count > most) {
      throw new InvalidValueException("%d tags; at most %d".formatted(count, most));
    }
  }

  private static void checkBytes(List<String> names) {
    long bytes = names.stream().mapToLong(tag -> tag.getBytes(StandardCharsets.UTF_8).length).sum();
    if (bytes > MAX_BYTES_OF_ENTRY) {
      throw new InvalidValueException(
          "%d tags with %d bytes together; at most %d"
              .formatted(names.size(), bytes, MAX_BYTES_OF_ENTRY));
    }
  }

  private static void check(String tag) {
    if (tag.isEmpty()) {
      throw new InvalidValueException("an empty tag; expected 1 to 4096 bytes");
    }
    if (tag.length() > MAX_TAG_BYTES / 3
        && tag.getBytes(StandardCharsets.UTF_8).length > MAX_TAG_BYTES) {
      throw new InvalidValueException(
          "tag '%s' is longer than %d bytes"
              .formatted(InvalidValueException.shortened(tag), MAX_TAG_BYTES));
    }
  }
}
