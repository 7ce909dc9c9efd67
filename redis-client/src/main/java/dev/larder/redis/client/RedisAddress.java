package dev.larder.redis.client;

import dev.larder.core.spi.StoreException;
import dev.larder.core.spi.StoreProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterURIUtil;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a store is and how to speak to it, as one text:
 *
 * <pre>
 * redis://user:password@host:6379/0           one server; rediss:// with TLS
 * redis-socket:///path                        one server, by its Unix socket
 * redis-sentinel://host,host#group            the master of a Sentinel group
 * redis-cluster://host,host                   a cluster; some of its nodes are enough
 * </pre>
 *
 * <p>User and password are percent-encoded. Options follow a {@code ?}: those of Lettuce, such as
 * {@code verifyPeer=CA}, and {@code ca=FILE}, {@code cert=FILE}, {@code key=FILE} for TLS.
 */
public final class RedisAddress {
  /**
   * An address with an unencoded delimiter in its user or password: the text after the delimiter
   * would be taken for a host, and shown.
   */
  private static final Pattern RAW =
      Pattern.compile("://(?:[^@/?#]*@[^@/?#]*@|[^@/?#]*[/?#](?![^@]*\\?[\\w-]+=)[^@]*@)");

  private static final Pattern USER = Pattern.compile("//([^:@/]+):[^/]*@");

  private static final Set<String> SCHEMES =
      Set.of(
          "redis",
          "rediss",
          "redis-socket",
          "redis-sentinel",
          "rediss-sentinel",
          "redis-cluster",
          "rediss-cluster");

  private final List<RedisURI> nodes;
  private final boolean cluster;
  private final String shown;
  private final String user;
  private final Certificates certificates;

  private RedisAddress(
      List<RedisURI> nodes, boolean cluster, String shown, String user, Certificates certificates) {
    this.nodes = nodes;
    this.cluster = cluster;
    this.shown = shown;
    this.user = user;
    this.certificates = certificates;
  }

  /** The server, the Sentinel group, or some nodes of the cluster; at least one. */
  List<RedisURI> nodes() {
    return nodes;
  }

  /** True for a cluster. */
  boolean cluster() {
    return cluster;
  }

  /** The number of the database; 0 unless the address names another one. */
  int database() {
    return nodes.getFirst().getDatabase();
  }

  /** True if the address asks for TLS. */
  boolean tls() {
    return nodes.getFirst().isSsl();
  }

  /** The files of TLS. */
  Certificates certificates() {
    return certificates;
  }

  /** The address as it may be printed: without user, password and options. */
  public String shown() {
    return shown;
  }

  /** The name of the user; {@code default} unless the address names another one. */
  public String user() {
    return user;
  }

  /** The printable form, {@link #shown}. */
  @Override
  public String toString() {
    return shown;
  }

  /** True if {@code address} begins with a scheme that {@link #parse} takes. */
  public static boolean serves(String address) {
    int end = address.indexOf("://");
    return end > 0 && SCHEMES.contains(address.substring(0, end));
  }

  /**
   * The address in that form.
   *
   * @throws StoreException if it cannot be understood, or names files that cannot be read; the
   *     message has no user, password or option in it
   */
  public static RedisAddress parse(String address) {
    String shown = StoreProvider.shown(address);
    if (RAW.matcher(address).find()) {
      throw new StoreException(
          ("store '%s' has a '/', '?', '#' or '@' in its user or password; expected them"
                  + " percent-encoded: %%2F, %%3F, %%23 or %%40")
              .formatted(shown));
    }
    boolean cluster = address.contains("-cluster://");
    try {
      String plain = address.replaceFirst("-cluster://", "://");
      if (cluster && RedisURI.create(plain).getDatabase() != 0) {
        throw new IllegalArgumentException("a cluster has no numbered databases");
      }
      List<RedisURI> nodes =
          cluster
              ? RedisClusterURIUtil.toRedisURIs(URI.create(plain))
              : List.of(RedisURI.create(address));
      return new RedisAddress(nodes, cluster, shown, user(address), Certificates.of(address));
    } catch (IllegalArgumentException e) {
      throw new StoreException(
          ("store '%s' cannot be understood: %s; expected redis://, rediss:// or redis-socket://,"
                  + " redis-sentinel://host,host#group, or redis-cluster://host,host")
              .formatted(shown, why(e)));
    }
  }

  /** What is wrong with an address, without the address, which has a password in it. */
  private static String why(IllegalArgumentException failure) {
    String said =
        failure.getCause() instanceof URISyntaxException syntax
            ? syntax.getReason()
            : String.valueOf(failure.getMessage());
    return said.contains("://") || said.contains("@") ? "it is no address" : said;
  }

  private static String user(String address) {
    Matcher named = USER.matcher(address);
    return named.find() ? URLDecoder.decode(named.group(1), StandardCharsets.UTF_8) : "default";
  }
}
