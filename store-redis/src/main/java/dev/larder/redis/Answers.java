package dev.larder.redis;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import dev.larder.core.spi.StoreException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What scripts about a history answer. */
final class Answers {
  private static final String NOW = "now";
  private static final String NEVER = "never";

  private Answers() {}

  /**
   * A point of a history, as a server knows it.
   *
   * @param revision the revision
   * @param mark the random mark of the invalidation that made it; empty at the beginning
   */
  record Point(long revision, String mark) {}

  /**
   * An invalidation and its mark.
   *
   * @param mark what tells it from another one of the same revision
   */
  record Marked(Invalidation invalidation, String mark) {
    Point point() {
      return new Point(invalidation.revision().number(), mark);
    }
  }

  /** The deadline of an invalidation that expires entries in so many seconds, for the script. */
  static String delay(long seconds) {
    long deadline = Invalidation.deadline(seconds, 0);
    if (deadline == Invalidation.NOW) {
      return NOW;
    }
    return deadline == Invalidation.NEVER ? NEVER : Long.toString(deadline);
  }

  /** The deadline that a script tells. */
  static long deadline(Object told) {
    return switch (text(told)) {
      case NOW -> Invalidation.NOW;
      case NEVER -> Invalidation.NEVER;
      case String millis -> number(millis);
    };
  }

  /**
   * The invalidations in a part of the log.
   *
   * @throws StoreException if they are damaged
   */
  static List<Marked> invalidations(Object told) {
    return list(told).stream().map(Answers::invalidation).toList();
  }

  private static Marked invalidation(Object row) {
    try {
      List<Object> fields = list(list(row).get(1));
      String revision = text(list(row).get(0)).replaceFirst("-0$", "");
      return new Marked(
          new Invalidation(
              new Revision(number(revision)),
              Values.readTags(ByteBuffer.wrap(bytes(fields.get(5)))),
              deadline(fields.get(3))),
          text(fields.get(1)));
    } catch (BufferUnderflowException
        | InvalidValueException
        | IndexOutOfBoundsException
        | StoreException e) {
      throw new StoreException("the invalidation log in the store is damaged", e);
    }
  }

  static String text(Object told) {
    return new String(bytes(told), StandardCharsets.UTF_8);
  }

  static byte[] bytes(Object told) {
    if (told instanceof byte[] bytes) {
      return bytes;
    }
    throw new StoreException("the store answers %s; expected text".formatted(told));
  }

  static long number(Object told) {
    return number(text(told));
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new StoreException("the store answers '%s'; expected a number".formatted(text), e);
    }
  }

  @SuppressWarnings("unchecked")
  static List<Object> list(Object told) {
    if (told instanceof List<?> list) {
      return (List<Object>) list;
    }
    throw new StoreException("the store answers %s; expected a list".formatted(told));
  }

  /** The store's time in µs, which such an answer begins with. */
  static long micros(List<Object> answer) {
    return number(answer.get(0)) * 1_000_000 + number(answer.get(1));
  }
}
