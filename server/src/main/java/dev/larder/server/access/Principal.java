package dev.larder.server.access;

import dev.larder.core.Namespace;
import java.util.Set;

/**
 * Who asks.
 *
 * <p>Equal principals have equal rights: that is how a change of a token is noticed.
 *
 * @param id the id of the token that was presented, {@code server} for the server's own token,
 *     empty where everybody may ask
 * @param role what it may do
 * @param namespaces where; empty: everywhere
 * @param tagPrefix what each tag it invalidates must begin with; empty: any
 */
public record Principal(String id, Role role, Set<Namespace> namespaces, String tagPrefix) {
  /** Everybody, on a server that has no tokens. */
  static final Principal OPEN = everywhere("", Role.ADMIN);

  /** Who presents the server's own token. */
  static final Principal SERVER = everywhere("server", Role.ADMIN);

  /** Who presents the server's own token for readers of Redis over HTTP. */
  static final Principal REDIS_READER = everywhere("redis-read", Role.REDIS_READER);

  /** Those that no file can take away. */
  static final Set<Principal> BUILT_IN = Set.of(OPEN, SERVER, REDIS_READER);

  /**
   * Whether it may do that somewhere.
   *
   * <p>Where is for {@link #in} to say.
   */
  public boolean may(Permission permission) {
    return role.may(permission);
  }

  /** Whether it may do something in that namespace. */
  public boolean in(Namespace namespace) {
    return namespaces.isEmpty() || namespaces.contains(namespace);
  }

  private static Principal everywhere(String id, Role role) {
    return new Principal(id, role, Set.of(), "");
  }
}
