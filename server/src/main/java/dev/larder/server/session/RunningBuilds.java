package dev.larder.server.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.Namespace;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which builds run, as one text that all servers of a store change: a line for each, {@code
 * <namespace> <build> <beat>}, the build percent-encoded as in a form. A beat is another number
 * each time a server says that it has processes of the build, so that a build that nobody speaks of
 * any more is known by it without a clock that is shared.
 *
 * @param beats by build
 */
record RunningBuilds(Map<FleetBuild, Long> beats) {
  /** How many builds are remembered; a line more is not read. */
  static final int MAX_BUILDS = 1_024;

  private static final Pattern LINE =
      Pattern.compile(
          "([a-z0-9][a-z0-9._-]{0,62}) ((?:[A-Za-z0-9.*_+-]|%[0-9A-F]{2}){1,192}) ([0-9a-f]{16})");

  private static final Comparator<FleetBuild> ORDER =
      Comparator.comparing((FleetBuild build) -> build.namespace().name())
          .thenComparing(FleetBuild::name);

  RunningBuilds {
    beats = Map.copyOf(beats);
  }

  /** Reads the text; a line that is none of these is left away. */
  static RunningBuilds of(String text) {
    var beats = new HashMap<FleetBuild, Long>();
    text.lines()
        .map(LINE::matcher)
        .filter(Matcher::matches)
        .limit(MAX_BUILDS)
        .forEach(line ->
            beats.put(
                new FleetBuild(
                    new Namespace(line.group(1)), URLDecoder.decode(line.group(2), UTF_8)),
                Long.parseUnsignedLong(line.group(3), 16)));
    return new RunningBuilds(beats);
  }

  /** As a text. */
  String text() {
    return beats.keySet().stream()
        .sorted(ORDER)
        .map(build ->
            "%s %s %016x"
                .formatted(
                    build.namespace(), URLEncoder.encode(build.name(), UTF_8), beats.get(build)))
        .collect(Collectors.joining("\n"));
  }

  /** Whether there is room for one more. */
  boolean isFull() {
    return beats.size() >= MAX_BUILDS;
  }

  /** The same, in which a build runs. */
  RunningBuilds with(FleetBuild build, long beat) {
    var changed = new HashMap<>(beats);
    changed.put(build, beat);
    return new RunningBuilds(changed);
  }

  /** The same without a build. */
  RunningBuilds without(FleetBuild build) {
    var changed = new HashMap<>(beats);
    changed.remove(build);
    return new RunningBuilds(changed);
  }
}
