package dev.larder.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server process whose processor time and memory are read from {@code /proc}. */
final class Measured implements AutoCloseable {
  /** What a server of Larder prints when it listens. */
  private static final Pattern LISTENING = Pattern.compile("listens on http://[^:]+:(\\d+)");

  /** What a tick of {@code /proc/PID/stat} is on Linux, in ms. */
  private static final int TICK = 10;

  private final Process process;
  private final int port;

  private Measured(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts Larder and waits until it listens. What it prints later goes to standard error.
   *
   * @param command the JVM with its options, up to and without {@code serve}
   * @param data its data directory
   * @param options of {@code serve}, beside port and directory
   * @throws IOException with what it printed, if it ends before
   */
  static Measured larder(List<String> command, Path data, String... options) throws IOException {
    var whole = new ArrayList<>(command);
    whole.addAll(List.of("serve", "--port", "0", "--data", data.toString()));
    whole.addAll(List.of(options));
    Process process = new ProcessBuilder(whole).redirectErrorStream(true).start();
    BufferedReader output = process.inputReader();
    var said = new ArrayList<String>();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      Matcher listening = LISTENING.matcher(line);
      if (listening.find()) {
        var _ = Thread.ofVirtual().start(() -> output.lines().forEach(System.err::println));
        return new Measured(process, Integer.parseInt(listening.group(1)));
      }
      said.add(line);
    }
    throw new IOException("the server did not start: " + said);
  }

  /** Starts a Redis that keeps nothing on disk, and waits until it listens. */
  static Measured redis() throws IOException {
    int port = freePort();
    Process process =
        new ProcessBuilder(
                "redis-server",
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    while (process.isAlive()) {
      try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return new Measured(process, port);
      } catch (IOException notYet) {
        Thread.onSpinWait();
      }
    }
    throw new IOException("redis-server did not start");
  }

  /** A port nobody listens on now. */
  private static int freePort() throws IOException {
    try (var free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  /** The port it listens on. */
  int port() {
    return port;
  }

  /**
   * The processor time it has used, in ms, all its threads together; to a hundredth of a second.
   */
  long cpuMillis() throws IOException {
    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
    List<String> fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
    return (Long.parseLong(fields.get(11)) + Long.parseLong(fields.get(12))) * TICK;
  }

  /** The memory of the machine it has, in bytes. */
  long resident() throws IOException {
    return status("VmRSS:");
  }

  /** The most memory of the machine it has had, in bytes. */
  long peak() throws IOException {
    return status("VmHWM:");
  }

  /** A field of {@code /proc/PID/status}, which is in KiB there, in bytes. */
  private long status(String field) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
            .filter(line -> line.startsWith(field))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElseThrow()
        << 10;
  }

  /** {@code kill -9}; returns when it has ended. */
  void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /** Asks it to end, and waits for that; ends it after 20 s. */
  @Override
  public void close() {
    process.destroy();
    awaitEnd();
  }

  private void awaitEnd() {
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
