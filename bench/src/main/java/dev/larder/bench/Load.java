package dev.larder.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * Several connections that read and write the same keys as fast as they are answered, each in
 * batches, as a Next.js process sends what it asks for in one turn of its event loop.
 *
 * @param connections how many
 * @param batch how many keys each asks for at a time
 * @param keys how many keys there are
 * @param valueBytes how large their values are
 * @param writeEvery every how many batches one writes; 0 is never
 */
record Load(int connections, int batch, int keys, int valueBytes, int writeEvery) {

  /** Opens a connection. */
  @FunctionalInterface
  interface Connecting {
    LoadClient connect() throws IOException;
  }

  /**
   * What a load came to.
   *
   * @param values how many values were read or written
   * @param seconds how long it took
   * @param latencies how long each batch took, in µs, ascending
   */
  record Outcome(long values, double seconds, List<Double> latencies) {
    /** The latency that a share of the batches did not exceed, in µs. */
    double latency(double share) {
      return latencies.get(
          (int) Math.min(latencies.size() - 1L, (long) (latencies.size() * share)));
    }

    /** How many values were read or written in a second. */
    double perSecond() {
      return values / seconds;
    }
  }

  /** Writes every key once. */
  void fill(Connecting connecting) throws IOException {
    try (LoadClient client = connecting.connect()) {
      var random = new Random(1);
      int at = Math.clamp((1 << 19) / valueBytes, 1, 64);
      for (int first = 0; first < keys; first += at) {
        int[] some = IntStream.range(first, Math.min(keys, first + at)).toArray();
        client.write(some, values(random, some.length));
      }
    }
  }

  /** Reads, and writes if it should, for a while. */
  Outcome run(Connecting connecting, long millis) throws IOException {
    long began = System.nanoTime();
    long until = began + millis * 1_000_000;
    try (var threads = Executors.newFixedThreadPool(connections)) {
      List<Future<List<Double>>> running =
          IntStream.range(0, connections)
              .mapToObj(seed -> threads.submit(() -> client(connecting, seed, until)))
              .toList();
      var latencies = new ArrayList<Double>();
      for (Future<List<Double>> one : running) {
        latencies.addAll(one.get());
      }
      double seconds = (System.nanoTime() - began) / 1e9;
      latencies.sort(null);
      return new Outcome((long) latencies.size() * batch, seconds, latencies);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private List<Double> client(Connecting connecting, int seed, long until) {
    var latencies = new ArrayList<Double>();
    var random = new Random(seed);
    try (LoadClient client = connecting.connect()) {
      byte[][] values = values(random, batch);
      for (int n = 1; System.nanoTime() < until; n++) {
        int[] some = random.ints(batch, 0, keys).toArray();
        long began = System.nanoTime();
        if (writeEvery != 0 && n % writeEvery == 0) {
          client.write(some, values);
        } else {
          client.read(some);
        }
        latencies.add((System.nanoTime() - began) / 1e3);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return latencies;
  }

  /** Values that no compression makes smaller. */
  private byte[][] values(Random random, int count) {
    byte[][] values = new byte[count][valueBytes];
    for (byte[] value : values) {
      random.nextBytes(value);
    }
    return values;
  }
}
