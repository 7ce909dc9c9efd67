package dev.larder.bench;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What the server costs: {@code start}, {@code gets} or {@code collectors}, printed as one line of
 * JSON for each variant. Variants are measured in turns, round by round, so that what disturbs the
 * machine disturbs all of them.
 *
 * <p>Usage: {@code ServerBench COMMAND ROUNDS LABEL=JVM-COMMAND…}, where a JVM command is what
 * starts Larder, up to and without {@code serve}: {@code "aot=java -XX:AOTCache=larder.aot -jar
 * larder.jar"}.
 */
public final class ServerBench {
  /** How many entries a server starts over. */
  private static final int ENTRIES = 100_000;

  /** Bytes of the value of each. */
  private static final int ENTRY_BYTES = 2048;

  /** Milliseconds after which a server that was started has come to rest. */
  private static final long IDLE_MILLIS = 15_000;

  /**
   * Milliseconds for each round: the more is measured, the surer the code is to be compiled by
   * then.
   */
  private static final long WARM_UP_MILLIS = 3000;

  private final int rounds;
  private final Map<String, List<String>> variants;

  private ServerBench(int rounds, Map<String, List<String>> variants) {
    this.rounds = rounds;
    this.variants = variants;
  }

  /** Measures what the first argument names. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length < 3) {
      System.err.println("Usage: ServerBench start|gets|collectors ROUNDS LABEL=JVM-COMMAND...");
      System.exit(2);
    }
    var variants = new LinkedHashMap<String, List<String>>();
    for (String argument : Arrays.asList(arguments).subList(2, arguments.length)) {
      String[] variant = argument.split("=", 2);
      variants.put(variant[0], List.of(variant[1].trim().split(" +")));
    }
    var bench = new ServerBench(Integer.parseInt(arguments[1]), variants);
    Path data = Files.createTempDirectory("larder-bench-");
    try {
      switch (arguments[0]) {
        case "start" -> bench.start(data);
        case "gets" -> bench.gets(data);
        case "collectors" -> bench.collectors(data);
        default -> throw new IllegalArgumentException("no measurement '" + arguments[0] + "'");
      }
    } finally {
      delete(data);
    }
  }

  /** From the start of the process to its first answer, and what it has then, over many entries. */
  private void start(Path temporary) throws IOException, InterruptedException {
    Path data = temporary.resolve("data");
    var load = new Load(1, 1, ENTRIES, ENTRY_BYTES, 0);
    try (Measured server = Measured.larder(variants.values().iterator().next(), data)) {
      load.fill(() -> new LarderClient(server.port(), "bench"));
    }
    var taken = new Samples();
    for (int round = 0; round < rounds; round++) {
      for (var variant : variants.entrySet()) {
        boolean last = round == rounds - 1;
        long began = System.nanoTime();
        try (Measured server = Measured.larder(variant.getValue(), data)) {
          taken.add(variant.getKey(), "listening_ms", since(began));
          new LarderClient(server.port(), "bench").close();
          taken.add(variant.getKey(), "first_answer_ms", since(began));
          taken.add(variant.getKey(), "cpu_ms", (double) server.cpuMillis());
          if (last) {
            Thread.sleep(IDLE_MILLIS);
            taken.add(variant.getKey(), "idle_mb", server.resident() / 1e6);
            try (var _ = Looking.at(server.port())) {
              Thread.sleep(IDLE_MILLIS);
              taken.add(variant.getKey(), "watched_mb", server.resident() / 1e6);
            }
            taken.add(variant.getKey(), "disk_bytes_beside_value", besideValue(data));
          }
          server.kill();
        }
      }
    }
    taken.print("start");
  }

  /** Bytes on disk for an entry, without those of its value. */
  private static double besideValue(Path data) throws IOException {
    return (size(data.resolve("db")) - (double) ENTRIES * ENTRY_BYTES) / ENTRIES;
  }

  /** How many values are read for a second of the server's processor time, beside Redis. */
  private void gets(Path temporary) throws IOException {
    for (int bytes : List.of(1 << 10, 10 << 10, 100 << 10)) {
      var load = new Load(4, 10, bytes > 50_000 ? 500 : 2000, bytes, 0);
      var taken = new Samples();
      var running = new LinkedHashMap<String, Measured>();
      try {
        running.put("redis", Measured.redis());
        for (var variant : variants.entrySet()) {
          Path data = temporary.resolve(variant.getKey() + "-" + bytes);
          running.put(variant.getKey(), Measured.larder(variant.getValue(), data));
        }
        for (var server : running.entrySet()) {
          load.fill(connecting(server));
          load.run(connecting(server), rounds * WARM_UP_MILLIS);
        }
        for (int round = 0; round < rounds; round++) {
          for (var server : running.entrySet()) {
            long before = server.getValue().cpuMillis();
            Load.Outcome outcome = load.run(connecting(server), 2000);
            double used = (server.getValue().cpuMillis() - before) / 1e3;
            taken.add(server.getKey(), "per_core_second", outcome.values() / used);
            taken.add(server.getKey(), "per_second", outcome.perSecond());
            taken.add(server.getKey(), "p50_us", outcome.latency(0.5));
          }
        }
      } finally {
        running.values().forEach(Measured::close);
      }
      taken.print("gets of %d bytes".formatted(bytes));
    }
  }

  /** How connections to one of the servers are made. */
  private static Load.Connecting connecting(Map.Entry<String, Measured> server) {
    return () ->
        server.getKey().equals("redis")
            ? new RedisClient(server.getValue().port())
            : new LarderClient(server.getValue().port(), "bench");
  }

  /** Throughput, tail and memory under reads and writes: for comparing garbage collectors. */
  private void collectors(Path temporary) throws IOException {
    var load = new Load(4, 10, 10_000, 20 << 10, 10);
    var taken = new Samples();
    for (int round = 0; round < rounds; round++) {
      for (var variant : variants.entrySet()) {
        Path data = temporary.resolve(variant.getKey() + "-" + round);
        try (Measured server = Measured.larder(variant.getValue(), data)) {
          Load.Connecting connecting = () -> new LarderClient(server.port(), "bench");
          load.fill(connecting);
          load.run(connecting, 5000);
          long before = server.cpuMillis();
          Load.Outcome outcome = load.run(connecting, 10_000);
          double used = (server.cpuMillis() - before) / 1e3;
          taken.add(variant.getKey(), "per_second", outcome.perSecond());
          taken.add(variant.getKey(), "per_core_second", outcome.values() / used);
          taken.add(variant.getKey(), "p50_ms", outcome.latency(0.5) / 1e3);
          taken.add(variant.getKey(), "p99.9_ms", outcome.latency(0.999) / 1e3);
          taken.add(variant.getKey(), "max_ms", outcome.latency(1) / 1e3);
          taken.add(variant.getKey(), "peak_mb", server.peak() / 1e6);
        }
        delete(data);
      }
    }
    taken.print("collectors");
  }

  /** What was measured, by variant and quantity. */
  private static final class Samples {
    private final Map<String, Map<String, List<Double>>> taken = new LinkedHashMap<>();

    /** Adds one sample of a quantity, whose name ends in its unit. */
    void add(String variant, String quantity, double sample) {
      taken
          .computeIfAbsent(variant, v -> new LinkedHashMap<>())
          .computeIfAbsent(quantity, q -> new ArrayList<>())
          .add(sample);
    }

    /** Prints every sample of every quantity. */
    void print(String what) {
      taken.forEach((variant, quantities) -> {
        var fields = new ArrayList<String>();
        quantities.forEach((quantity, samples) ->
            fields.add(
                samples.stream()
                    .map(sample -> String.format(Locale.ROOT, "%.1f", sample))
                    .collect(joining(",", "\"%s\":[".formatted(quantity), "]"))));
        System.out.printf(
            "{\"measured\":\"%s\",\"variant\":\"%s\",%s}%n",
            what, variant, String.join(",", fields));
      });
    }
  }

  /** Milliseconds since a moment of {@link System#nanoTime}. */
  private static double since(long nanos) {
    return (System.nanoTime() - nanos) / 1e6;
  }

  /** Bytes of all files below a directory. */
  private static long size(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  /** Deletes a directory with all that is in it. */
  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(file -> {
            try {
              Files.deleteIfExists(file);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }
}
