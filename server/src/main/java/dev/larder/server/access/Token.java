package dev.larder.server.access;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * A right that was given to somebody, as it is kept: without the secret.
 *
 * @param id which it is; shown in audits and logs
 * @param name whose it is, for people
 * @param role what it is for
 * @param namespaces where it may be used; empty: everywhere
 * @param tagPrefix what each tag it invalidates must begin with; empty: any
 * @param hash the SHA-256 of its secret, in hexadecimal
 * @param created when it was made
 * @param expires from when on it is of no use any more
 */
public record Token(
    String id,
    String name,
    Role role,
    Set<Namespace> namespaces,
    String tagPrefix,
    String hash,
    Instant created,
    Optional<Instant> expires) {
  /** The longest name, in characters. */
  static final int NAME = 128;

  /**
   * Checks its fields.
   *
   * @throws InvalidValueException if the name is blank, too long or has control characters, or the
   *     role is not {@code invalidate} and there is a tag prefix
   */
  public Token {
    if (name.isBlank() || name.length() > NAME || name.chars().anyMatch(Character::isISOControl)) {
      throw new InvalidValueException(
          "a token's name '%s'; expected 1 to %d printable characters"
              .formatted(InvalidValueException.shortened(name), NAME));
    }
    if (!tagPrefix.isEmpty() && role != Role.INVALIDATE_ONLY) {
      throw new InvalidValueException(
          "a tag prefix with role '%s'; only 'invalidate' has one".formatted(role.label()));
    }
    namespaces = Set.copyOf(namespaces);
  }

  /**
   * The same, of no use from then on.
   *
   * <p>Never later than before: a token that is replaced gains no time.
   */
  public Token expiring(Instant then) {
    Instant earlier = expires.filter(then::isAfter).orElse(then);
    return new Token(id, name, role, namespaces, tagPrefix, hash, created, Optional.of(earlier));
  }

  /**
   * Whether it is of no use at that moment.
   *
   * <p>At the moment of its end it already is.
   */
  public boolean expired(Instant now) {
    return expires.filter(end -> !now.isBefore(end)).isPresent();
  }

  /** Who presents it. */
  Principal principal() {
    return new Principal(id, role, namespaces, tagPrefix);
  }
}
