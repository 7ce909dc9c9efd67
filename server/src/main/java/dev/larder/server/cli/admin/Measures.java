package dev.larder.server.cli.admin;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * What a server measured, as its page of metrics has it.
 *
 * @param at when it was asked, in ns
 * @param lines the lines of the page
 */
record Measures(long at, List<String> lines) {
  /** The page that was answered now. */
  static Measures of(String page) {
    return new Measures(
        System.nanoTime(), page.lines().filter(line -> !line.startsWith("#")).toList());
  }

  /** The sum of a metric, of the lines that have all of these labels; none if there are none. */
  OptionalDouble sum(String metric, String... labels) {
    double[] values = values(metric, labels).toArray();
    return values.length == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(DoubleStream.of(values).sum());
  }

  /** The largest value of a metric. */
  OptionalDouble max(String metric) {
    return values(metric).max();
  }

  /** What a label of a metric is; empty if there is none. */
  String label(String metric, String label) {
    return lines.stream()
        .filter(line -> line.startsWith(metric + "{"))
        .map(line -> after(line, label + "=\""))
        .findFirst()
        .orElse("");
  }

  private DoubleStream values(String metric, String... labels) {
    return lines.stream()
        .filter(line -> line.startsWith(metric + " ") || line.startsWith(metric + "{"))
        .filter(line -> Stream.of(labels).allMatch(line::contains))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)));
  }

  private static String after(String line, String begin) {
    int from = line.indexOf(begin);
    int to = from < 0 ? -1 : line.indexOf('"', from + begin.length());
    return to < 0 ? "" : line.substring(from + begin.length(), to);
  }

  /** A label and its value, as a line has them. */
  static String namespace(String name) {
    return "namespace=\"" + name + "\"";
  }
}
