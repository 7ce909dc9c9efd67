package dev.larder.server.access;

import static dev.larder.server.access.Permission.INSPECT;
import static dev.larder.server.access.Permission.INVALIDATE;
import static dev.larder.server.access.Permission.LOOK_UP;
import static dev.larder.server.access.Permission.METRICS;
import static dev.larder.server.access.Permission.REDIS;
import static dev.larder.server.access.Permission.REDIS_READ;
import static dev.larder.server.access.Permission.STORE;

import dev.larder.core.InvalidValueException;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * What a token is for.
 *
 * <p>What each may do:
 *
 * <ul>
 *   <li>{@code read}: {@link Permission#INSPECT}, {@link Permission#LOOK_UP}
 *   <li>{@code write}: as {@code read}, {@link Permission#STORE}, {@link Permission#INVALIDATE}
 *   <li>{@code invalidate}: {@link Permission#INVALIDATE}
 *   <li>{@code metrics}: {@link Permission#METRICS}
 *   <li>{@code redis-read}: {@link Permission#REDIS_READ}
 *   <li>{@code redis}: as {@code redis-read}, {@link Permission#REDIS}
 *   <li>{@code admin}: everything
 * </ul>
 */
public enum Role {
  /** For who only looks: an app that generates nothing, a reader of the admin API. */
  READ("read"),
  /** For an app: it looks up, generates, stores and invalidates. */
  WRITE("write"),
  /** For a webhook: it invalidates, and nothing else. */
  INVALIDATE_ONLY("invalidate"),
  /** For a scraper. */
  METRICS_ONLY("metrics"),
  /** For a client of Redis over HTTP. */
  REDIS_CLIENT("redis"),
  /** For a client of Redis over HTTP that only reads keys it knows. */
  REDIS_READER("redis-read"),
  /** For whoever runs the server: everything. */
  ADMIN("admin");

  private final String label;

  Role(String label) {
    this.label = label;
  }

  /** Its name in files, on the command line and in docs. */
  public String label() {
    return label;
  }

  /** Whether it may do that. */
  public boolean may(Permission permission) {
    return switch (this) {
      case READ -> permission == INSPECT || permission == LOOK_UP;
      case WRITE -> READ.may(permission) || permission == STORE || permission == INVALIDATE;
      case INVALIDATE_ONLY -> permission == INVALIDATE;
      case METRICS_ONLY -> permission == METRICS;
      case REDIS_READER -> permission == REDIS_READ;
      case REDIS_CLIENT -> REDIS_READER.may(permission) || permission == REDIS;
      case ADMIN -> true;
    };
  }

  /**
   * The role of that name.
   *
   * @throws InvalidValueException if there is none
   */
  public static Role of(String label) {
    for (Role role : values()) {
      if (role.label.equals(label)) {
        return role;
      }
    }
    throw new InvalidValueException(
        "role '%s'; expected %s".formatted(InvalidValueException.shortened(label), labels()));
  }

  /** The names of all roles, for people. */
  public static String labels() {
    return Arrays.stream(values()).map(Role::label).collect(Collectors.joining(", "));
  }
}
