package dev.larder.server.session;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How many connections each server of a store carries, as one text that all of them change: a line
 * for each, {@code <id> <connections> <beat>}. A beat is another number each time, so that a server
 * that says nothing new is known by it without a clock that is shared.
 *
 * @param byServer by the id of the server
 */
record ServerLoads(Map<String, Load> byServer) {
  /** How many servers are remembered; a line more is not read. */
  static final int MAX_SERVERS = 256;

  private static final Pattern LINE = Pattern.compile("([0-9a-f]{1,32}) (\\d{1,6}) (\\d{1,18})");

  /**
   * What a server said last.
   *
   * @param connections how many it carries
   * @param beat a number that it says once
   */
  record Load(int connections, long beat) {}

  ServerLoads {
    byServer = Map.copyOf(byServer);
  }

  /** Reads the text; a line that is none of these is left away. */
  static ServerLoads of(String text) {
    var loads = new HashMap<String, Load>();
    text.lines()
        .map(LINE::matcher)
        .filter(Matcher::matches)
        .limit(MAX_SERVERS)
        .forEach(line ->
            loads.put(
                line.group(1),
                new Load(Integer.parseInt(line.group(2)), Long.parseLong(line.group(3)))));
    return new ServerLoads(loads);
  }

  /** As a text. */
  String text() {
    return new TreeMap<>(byServer)
        .entrySet().stream()
            .map(each ->
                "%s %d %d"
                    .formatted(
                        each.getKey(), each.getValue().connections(), each.getValue().beat()))
            .collect(Collectors.joining("\n"));
  }

  /** The same, in which a server carries this. */
  ServerLoads with(String server, Load load) {
    var loads = new HashMap<>(byServer);
    loads.put(server, load);
    return new ServerLoads(loads);
  }

  /** The same without a server. */
  ServerLoads without(String server) {
    var loads = new HashMap<>(byServer);
    loads.remove(server);
    return new ServerLoads(loads);
  }

  /** What one server would carry if all carried the same, rounded up; there is at least one. */
  int share() {
    int servers = byServer.size();
    return (total() + servers - 1) / servers;
  }

  /**
   * How many connections a server has beyond its share; 0 while it has no more than five quarters
   * of it, because processes come and go.
   */
  int excess(String server) {
    Load own = byServer.get(server);
    if (own == null) {
      return 0;
    }
    int tolerated = Math.max(share(), total() * 5 / (4 * byServer.size()));
    return own.connections() <= tolerated ? 0 : own.connections() - share();
  }

  private int total() {
    return byServer.values().stream().mapToInt(Load::connections).sum();
  }
}
