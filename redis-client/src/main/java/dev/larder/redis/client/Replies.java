package dev.larder.redis.client;

import java.util.List;

/**
 * Makes replies of what a node replies in the second version of the protocol.
 *
 * @param <R> a reply
 */
public interface Replies<R> {
  /** An error, with its code. */
  R error(byte[] text);

  /** An integer. */
  R integer(long value);

  /** A string, or a status such as {@code OK}: Lettuce does not tell them apart. */
  R string(byte[] value);

  /** No string, or no array: nor these. */
  R nothing();

  /** An array. */
  R array(List<R> items);
}
