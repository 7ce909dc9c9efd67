package dev.larder.redis.store;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What the store logs, from when this is made until it is closed. */
final class LogLines extends Handler implements AutoCloseable {
  private static final Logger STORE = Logger.getLogger("dev.larder.redis");

  private final List<String> lines = new CopyOnWriteArrayList<>();

  /** Begins to listen. */
  static LogLines listen() {
    var lines = new LogLines();
    STORE.addHandler(lines);
    return lines;
  }

  private LogLines() {}

  /** How many lines have {@code text} in them. */
  long with(String text) {
    return lines.stream().filter(line -> line.contains(text)).count();
  }

  @Override
  public void publish(LogRecord line) {
    lines.add(new SimpleFormatter().formatMessage(line));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    STORE.removeHandler(this);
  }
}
