package dev.larder.redis;

import dev.larder.core.spi.StoreException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterURIUtil;
import java.net.URI;
import java.util.List;
import java.util.Set;

/**
 * Where a store is.
 *
 * @param nodes the server, the Sentinels' group, or some nodes of the cluster
 * @param cluster true for a cluster
 * @param shown the address as it may be shown: without user and password
 */
record RedisAddress(List<RedisURI> nodes, boolean cluster, String shown) {
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
   * @throws StoreException if it cannot be understood
   */
  static RedisAddress parse(String address) {
    String shown = address.replaceFirst("//[^/]*@", "//").replaceFirst("\\?.*", "");
    boolean cluster = address.contains("-cluster://");
    try {
      List<RedisURI> nodes =
          cluster
              ? RedisClusterURIUtil.toRedisURIs(
                  URI.create(address.replaceFirst("-cluster://", "://")))
              : List.of(RedisURI.create(address));
      return new RedisAddress(nodes, cluster, shown);
    } catch (IllegalArgumentException e) {
      throw new StoreException(
          ("store '%s' cannot be understood: %s; expected redis://, rediss:// or redis-socket://,"
                  + " redis-sentinel://host,host#group, or redis-cluster://host,host")
              .formatted(shown, e.getMessage()),
          e);
    }
  }
}
