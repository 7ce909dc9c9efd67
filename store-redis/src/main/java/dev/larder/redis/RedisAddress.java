package dev.larder.redis;

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
 * Where a store is.
 *
 * @param nodes the server, the Sentinels' group, or some nodes of the cluster
 * @param cluster true for a cluster
 * @param shown the address as it may be shown: without user and password
 * @param user who it is used as
 * @param certificates what TLS trusts and shows
 */
record RedisAddress(
    List<RedisURI> nodes, boolean cluster, String shown, String user, Certificates certificates) {
  /** An address whose user or password holds what ends them: the rest of it would be a host. */
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

  static boolean serves(String address) {
    int end = address.indexOf("://");
    return end > 0 && SCHEMES.contains(address.substring(0, end));
  }

  /**
   * The address in that form.
   *
   * @throws StoreException if it cannot be understood, or names files that cannot be used
   */
  static RedisAddress parse(String address) {
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

  /** What is wrong, without the address, which has a password in it. */
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
