package dev.larder.redis.store;

import dev.larder.core.AuditedInvalidation;
import dev.larder.core.InvalidValueException;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.StoreException;
import io.lettuce.core.StreamMessage;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Reads the replies of scripts. Every method fails with a {@link StoreException} on another type.
 */
final class Replies {
  private static final String NOW = "now";
  private static final String NEVER = "never";

  private Replies() {}

  /**
   * A point of a history, as a server knows it.
   *
   * @param revision the revision
   * @param mark the random mark of the invalidation that made it; empty at the beginning. Two
   *     invalidations of one revision, of which a failover lost the first, differ by it
   */
  record Point(long revision, String mark) {}

  /**
   * An invalidation and its mark.
   *
   * @param invalidation the invalidation
   * @param mark its random mark, by which it differs from another one of the same revision
   */
  record Marked(Invalidation invalidation, String mark) {
    /** The point of the history that it made. */
    Point point() {
      return new Point(invalidation.revision().number(), mark);
    }
  }

  /**
   * The delay of an invalidation, as {@link Scripts#APPEND} takes it.
   *
   * @param seconds in how many seconds its entries expire
   * @return the same in ms, {@code now} or {@code never}
   */
  static String delay(long seconds) {
    long deadline = Invalidation.deadline(seconds, 0);
    if (deadline == Invalidation.NOW) {
      return NOW;
    }
    return deadline == Invalidation.NEVER ? NEVER : Long.toString(deadline);
  }

  /** A deadline, in ms of the store's clock; {@code now} and {@code never} are its extremes. */
  static long deadline(Object reply) {
    return switch (text(reply)) {
      case NOW -> Invalidation.NOW;
      case NEVER -> Invalidation.NEVER;
      case String millis -> number(millis);
    };
  }

  /**
   * The invalidations in a part of the log.
   *
   * @param reply rows of {@code XRANGE}
   * @throws StoreException if they are damaged
   */
  static List<Marked> invalidations(Object reply) {
    return list(reply).stream().map(Replies::invalidation).toList();
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

  /**
   * A record of the audit.
   *
   * @throws StoreException if it is damaged
   */
  static AuditedInvalidation audited(StreamMessage<byte[], byte[]> row) {
    return audited(row.getId(), List.copyOf(row.getBody().values()));
  }

  /**
   * A record of the audit or of the outbox, as a script answers it.
   *
   * @throws StoreException if it is damaged
   */
  static AuditedInvalidation audited(Object row) {
    List<Object> parts = list(row);
    List<Object> fields = list(parts.get(1));
    List<byte[]> values =
        IntStream.range(0, fields.size() / 2).mapToObj(i -> bytes(fields.get(2 * i + 1))).toList();
    return audited(text(parts.get(0)), values);
  }

  private static AuditedInvalidation audited(String id, List<byte[]> fields) {
    try {
      return new AuditedInvalidation(
          new Invalidation(
              new Revision(number(id.replaceFirst("-0$", ""))),
              Values.readTags(ByteBuffer.wrap(fields.get(2))),
              deadline(fields.get(1))),
          Math.toIntExact(number(fields.get(3))),
          number(fields.get(0)),
          InvalidationSource.ofLines(text(fields.get(4))));
    } catch (BufferUnderflowException
        | InvalidValueException
        | IndexOutOfBoundsException
        | StoreException e) {
      throw new StoreException("the audit in the store is damaged", e);
    }
  }

  /** A text. */
  static String text(Object reply) {
    return new String(bytes(reply), StandardCharsets.UTF_8);
  }

  /** Bytes. */
  static byte[] bytes(Object reply) {
    if (reply instanceof byte[] bytes) {
      return bytes;
    }
    throw new StoreException("the store answers %s; expected text".formatted(reply));
  }

  /** The identity of a history, in hexadecimal. */
  static StoreIdentity identity(Object reply) {
    return new StoreIdentity(Long.parseUnsignedLong(text(reply), 16));
  }

  /** A number, as decimal text. */
  static long number(Object reply) {
    return number(text(reply));
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new StoreException("the store answers '%s'; expected a number".formatted(text), e);
    }
  }

  /** A list. */
  @SuppressWarnings("unchecked")
  static List<Object> list(Object reply) {
    if (reply instanceof List<?> list) {
      return (List<Object>) list;
    }
    throw new StoreException("the store answers %s; expected a list".formatted(reply));
  }

  /** The store's time in µs: the reply of {@code TIME}, which such a reply begins with. */
  static long micros(List<Object> reply) {
    return number(reply.get(0)) * 1_000_000 + number(reply.get(1));
  }
}
