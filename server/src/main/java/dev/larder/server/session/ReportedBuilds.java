package dev.larder.server.session;

import dev.larder.core.Report;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How the lookups of each build's processes ended, as they reported it since the server started.
 *
 * <p>Of very many builds those that reported last are known. Safe for use by many threads.
 */
final class ReportedBuilds {
  /** The most builds that are known. */
  private static final int MOST = 100;

  /** By build, the one that reported longest ago first. */
  private final Map<String, Report.Lookups> lookups = new LinkedHashMap<>(16, 0.75f, true);

  /** A process of a build has reported. Does nothing if it does not say of which. */
  synchronized void add(String build, Report.Lookups reported) {
    if (build.isEmpty()) {
      return;
    }
    lookups.merge(build, reported, ReportedBuilds::sum);
    if (lookups.size() > MOST) {
      lookups.remove(lookups.keySet().iterator().next());
    }
  }

  /** How its lookups ended; empty if none of its processes has reported. */
  synchronized Optional<Report.Lookups> lookups(String build) {
    return Optional.ofNullable(lookups.get(build));
  }

  private static Report.Lookups sum(Report.Lookups one, Report.Lookups other) {
    return new Report.Lookups(
        one.near() + other.near(),
        one.fresh() + other.fresh(),
        one.stale() + other.stale(),
        one.miss() + other.miss(),
        one.bypass() + other.bypass(),
        one.failed() + other.failed());
  }
}
