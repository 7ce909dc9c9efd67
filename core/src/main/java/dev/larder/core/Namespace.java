package dev.larder.core;

import java.util.regex.Pattern;

/**
 * One app in one environment, such as {@code shop-production}. Entries, tags and leases live in
 * exactly one namespace and never reach another.
 *
 * @param name 1 to 63 characters of {@code [a-z0-9._-]}, the first a letter or digit
 */
public record Namespace(String name) {
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");

  /**
   * A namespace of that name.
   *
   * @throws InvalidValueException if the name is not of the form above
   */
  public Namespace {
    if (!NAME.matcher(name).matches()) {
      throw new InvalidValueException(
          "namespace '%s' must be 1 to 63 characters of a-z, 0-9, '.', '_' and '-', starting with a letter or digit"
              .formatted(InvalidValueException.shortened(name)));
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
