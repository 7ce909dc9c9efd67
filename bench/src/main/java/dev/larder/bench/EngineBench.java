package dev.larder.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.larder.redis.engine.Engine;
import dev.larder.redis.engine.log.FileJournal;
import dev.larder.redis.engine.log.Fsync;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * How many commands a second of processor time runs: of the embedded engine, in process, and of a
 * redis-server. Prints a line of JSON for each command and variant; variants take turns.
 *
 * <p>Usage: {@code EngineBench ROUNDS MILLISECONDS}
 */
public final class EngineBench {
  private static final int KEYS = 10_000;
  private static final int BATCH = 50;
  private static final String VALUE = "v".repeat(1024);
  private static final String LIMITER =
      """
      local current = redis.call("GET", KEYS[1])
      local previous = redis.call("GET", KEYS[2])
      local window = tonumber(ARGV[3])
      local share = 1 - ((tonumber(ARGV[2]) % window) / window)
      local count = math.floor((tonumber(previous) or 0) * share) + (tonumber(current) or 0)
      if count >= tonumber(ARGV[1]) then
        return {-1, tonumber(ARGV[1])}
      end
      local value = redis.call("INCRBY", KEYS[1], 1)
      if value == 1 then
        redis.call("PEXPIRE", KEYS[1], window * 2 + 1000)
      end
      return {tonumber(ARGV[1]) - value, tonumber(ARGV[1])}
      """;

  private EngineBench() {}

  /** Runs batches of commands, and tells the processor time it has used. */
  private interface Runner extends AutoCloseable {
    void run(List<Command> commands) throws IOException;

    double cpuSeconds() throws IOException;

    @Override
    void close() throws IOException;
  }

  /** Measures. */
  public static void main(String[] arguments) throws IOException {
    int rounds = Integer.parseInt(arguments[0]);
    long millis = Long.parseLong(arguments[1]);
    Path data = Files.createTempDirectory("larder-bench-");
    Map<String, Runner> runners = new LinkedHashMap<>();
    runners.put("engine", engine(data));
    runners.put("redis", redis());
    try {
      for (String measured : List.of("set", "get", "limiter")) {
        List<List<Command>> batches = batches(measured);
        Map<String, List<Double>> taken = new LinkedHashMap<>();
        for (Runner runner : runners.values()) {
          during(runner, batches, millis * 4);
        }
        for (int round = 0; round < rounds; round++) {
          for (var runner : runners.entrySet()) {
            double before = runner.getValue().cpuSeconds();
            long commands = during(runner.getValue(), batches, millis);
            double used = Math.max(0.01, runner.getValue().cpuSeconds() - before);
            taken.computeIfAbsent(runner.getKey(), r -> new ArrayList<>()).add(commands / used);
          }
        }
        taken.forEach((variant, samples) ->
            System.out.printf(
                "{\"measured\":\"%s\",\"variant\":\"%s\",\"per_core_second\":[%s]}%n",
                measured,
                variant,
                samples.stream()
                    .map(sample -> String.format(Locale.ROOT, "%.1f", sample))
                    .collect(Collectors.joining(","))));
      }
    } finally {
      for (Runner runner : runners.values()) {
        runner.close();
      }
    }
    System.exit(0);
  }

  private static List<List<Command>> batches(String what) {
    var random = new SplittableRandom(1);
    var batches = new ArrayList<List<Command>>();
    for (int i = 0; i < 200; i++) {
      var batch = new ArrayList<Command>(BATCH);
      for (int j = 0; j < BATCH; j++) {
        batch.add(command(what, "benchmark entry " + random.nextInt(KEYS)));
      }
      batches.add(batch);
    }
    return batches;
  }

  private static Command command(String what, String key) {
    return switch (what) {
      case "set" -> Command.of("SET", key, VALUE);
      case "get" -> Command.of("GET", key);
      default ->
          Command.of(
              "EVAL",
              LIMITER,
              "2",
              "limit:" + key,
              "limit:before:" + key,
              "1000000000",
              "1700000000000",
              "600000");
    };
  }

  private static long during(Runner runner, List<List<Command>> batches, long millis)
      throws IOException {
    long until = System.nanoTime() + millis * 1_000_000;
    long commands = 0;
    for (int i = 0; System.nanoTime() < until; i = (i + 1) % batches.size()) {
      runner.run(batches.get(i));
      commands += BATCH;
    }
    return commands;
  }

  private static Runner engine(Path data) throws IOException {
    Engine engine = Engine.builder().journal(FileJournal.open(data, Fsync.EVERY_SECOND)).open();
    var threads = ManagementFactory.getThreadMXBean();
    return new Runner() {
      @Override
      public void run(List<Command> commands) throws IOException {
        for (Reply reply : engine.executeAll(commands)) {
          if (reply instanceof Reply.SimpleError(var text)) {
            throw new IOException(text.toString());
          }
        }
      }

      @Override
      public double cpuSeconds() {
        return threads.getCurrentThreadCpuTime() / 1e9;
      }

      @Override
      public void close() {
        engine.close();
      }
    };
  }

  private static Runner redis() throws IOException {
    Measured server = Measured.redis();
    var socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setTcpNoDelay(true);
    var in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 18));
    var written = new IdentityHashMap<List<Command>, byte[]>();
    return new Runner() {
      @Override
      public void run(List<Command> commands) throws IOException {
        socket.getOutputStream().write(written.computeIfAbsent(commands, EngineBench::resp));
        for (int i = 0; i < commands.size(); i++) {
          skip(in);
        }
      }

      @Override
      public double cpuSeconds() throws IOException {
        return server.cpuMillis() / 1e3;
      }

      @Override
      public void close() throws IOException {
        socket.close();
        server.close();
      }
    };
  }

  private static byte[] resp(List<Command> commands) {
    var bytes = new ByteArrayOutputStream();
    for (Command command : commands) {
      bytes.writeBytes("*%d\r\n".formatted(command.parts().length).getBytes(US_ASCII));
      for (var part : command.parts()) {
        bytes.writeBytes("$%d\r\n".formatted(part.length()).getBytes(US_ASCII));
        bytes.writeBytes(part.array());
        bytes.writeBytes("\r\n".getBytes(US_ASCII));
      }
    }
    return bytes.toByteArray();
  }

  /** Reads one reply, and does not look at it but for errors. */
  private static void skip(DataInputStream in) throws IOException {
    var line = new StringBuilder();
    for (int next = in.readUnsignedByte(); next != '\r'; next = in.readUnsignedByte()) {
      line.append((char) next);
    }
    in.skipNBytes(1);
    switch (line.charAt(0)) {
      case '-' -> throw new IOException(line.toString());
      case '$' -> {
        int length = Integer.parseInt(line.substring(1));
        if (length >= 0) {
          in.skipNBytes(length + 2L);
        }
      }
      case '*' -> {
        for (int left = Integer.parseInt(line.substring(1)); left > 0; left--) {
          skip(in);
        }
      }
      default -> {
        // All of it was in the line.
      }
    }
  }
}
