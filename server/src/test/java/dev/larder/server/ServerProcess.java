package dev.larder.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The real server, as its own process on a port of the system's choosing. */
final class ServerProcess implements AutoCloseable {
  private static final Pattern LISTENING = Pattern.compile("listens on (https?)://([^:]+):(\\d+)");

  private final Process process;
  private final URI address;

  /** What it said so far, line by line. */
  private final List<String> said;

  /** Who hears what it says, until it ends. */
  private final Thread echo;

  private ServerProcess(Process process, URI address, List<String> said, Thread echo) {
    this.process = process;
    this.address = address;
    this.said = said;
    this.echo = echo;
  }

  /** Starts {@code java -jar larder.jar serve} and waits until it listens. */
  static ServerProcess start(Path data, String... options) throws IOException {
    return listening(launch(data, options));
  }

  private static ServerProcess listening(Process process) throws IOException {
    BufferedReader output = process.inputReader();
    List<String> said = new CopyOnWriteArrayList<>();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      said.add(line);
      Matcher listening = LISTENING.matcher(line);
      if (listening.find()) {
        Thread echo = Thread.ofVirtual().start(() -> echo(output, said));
        return new ServerProcess(
            process,
            URI.create(listening.group(1) + "://127.0.0.1:" + listening.group(3)),
            said,
            echo);
      }
    }
    throw new IOException("the server did not start: " + said);
  }

  /** Starts the server with these options of the JVM too, which win over the usual ones. */
  static ServerProcess startOnJvm(List<String> jvm, Path data, String... options)
      throws IOException {
    List<String> command = command(data, options);
    command.addAll(command.indexOf("-jar"), jvm);
    return listening(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  /**
   * Starts the server with its data on a file system of {@code mib} MiB, mounted at {@code mount}
   * for its process only.
   */
  static ServerProcess startOnSmallDisk(Path mount, int mib, String... options) throws IOException {
    String mounted = "mount -t tmpfs -o size=%dm none '%s'".formatted(mib, mount);
    return startAfter(mounted, command(mount.resolve("data"), options));
  }

  /** Starts the server on a machine with this file in place of the kernel's boot id. */
  static ServerProcess startOnBoot(Path bootId, Path data, String... options) throws IOException {
    String mounted = "mount --bind '%s' /proc/sys/kernel/random/boot_id".formatted(bootId);
    return startAfter(mounted, command(data, options));
  }

  /** Starts the server with something mounted that no other process sees. */
  private static ServerProcess startAfter(String mount, List<String> command) throws IOException {
    var unshared =
        new ArrayList<>(
            List.of("unshare", "-r", "-m", "sh", "-c", mount + " && exec \"$@\"", "sh"));
    unshared.addAll(command);
    return listening(new ProcessBuilder(unshared).redirectErrorStream(true).start());
  }

  private static void echo(BufferedReader output, List<String> said) {
    try (output) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        System.out.println(line);
        said.add(line);
      }
    } catch (IOException e) {
      // The process is gone, and its output with it.
    }
  }

  /** Starts the server without waiting for it. */
  static Process launch(Path data, String... options) throws IOException {
    return new ProcessBuilder(command(data, options)).redirectErrorStream(true).start();
  }

  private static List<String> command(Path data, String... options) {
    if (!data.isAbsolute()) {
      throw new IllegalArgumentException(
          "data directory '%s' would outlive the test; expected one in a temporary directory"
              .formatted(data));
    }
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // What the JVM chooses by itself in a container of 1 GiB.
                "-Xmx256m",
                "-XX:+UseSerialGC",
                // It ends too soon for what the second compiler costs.
                "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + data.getParent(),
                "-jar",
                System.getProperty("larder.jar", ""),
                "serve",
                "--data",
                data.toString()));
    command.addAll(List.of(options));
    if (!command.contains("--port")) {
      command.addAll(List.of("--port", "0"));
    }
    return command;
  }

  /** The lines it has said so far. */
  List<String> said() {
    return List.copyOf(said);
  }

  /** How many lines it has said so far that contain this. */
  long linesWith(String text) {
    return said.stream().filter(line -> line.contains(text)).count();
  }

  /**
   * The status it ends with by itself; empty if it does not within that time. It has said by then
   * what it had to say.
   */
  OptionalInt endsWithin(Duration time) throws IOException {
    try {
      if (!process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS)) {
        return OptionalInt.empty();
      }
      echo.join();
      return OptionalInt.of(process.exitValue());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
  }

  /** A file as the process sees it, in what is mounted for it alone too. */
  Path seenByIt(Path file) {
    return Path.of("/proc", Long.toString(process.pid()), "root")
        .resolve(Path.of("/").relativize(file));
  }

  /** Where it listens. */
  URI address() {
    return address;
  }

  /** The most of the machine's memory the process has had so far, in KiB. */
  long peakMemory() throws IOException {
    return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  /** {@code kill -9}. */
  void kill() throws IOException {
    process.destroyForcibly();
    awaited(process);
  }

  /** {@code kill -STOP}, until {@link #thaw}. */
  void freeze() throws IOException {
    signal("STOP");
  }

  /** {@code kill -CONT}. */
  void thaw() throws IOException {
    signal("CONT");
  }

  /** Asks it to stop, and returns its exit code once it has. */
  int stop() throws IOException {
    process.destroy();
    awaited(process);
    return process.exitValue();
  }

  @Override
  public void close() throws IOException {
    if (process.isAlive()) {
      thaw();
      stop();
    }
  }

  private void signal(String name) throws IOException {
    awaited(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start());
  }

  private static void awaited(Process process) throws IOException {
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("a process did not end within 20 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
  }
}
