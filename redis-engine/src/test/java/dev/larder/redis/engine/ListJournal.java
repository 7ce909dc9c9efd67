package dev.larder.redis.engine;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.spi.Journal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A journal in memory, which shows whether what is logged makes the same again. */
public final class ListJournal implements Journal {
  private final List<Bytes[]> commands = new ArrayList<>();

  /** One in which nothing is logged yet. */
  public ListJournal() {}

  /** One in which that was logged before. */
  public ListJournal(List<Bytes[]> commands) {
    this.commands.addAll(commands);
  }

  /** What was logged. */
  public List<Bytes[]> commands() {
    return commands;
  }

  @Override
  public void recover(Consumer<Bytes[]> command) {
    List.copyOf(commands).forEach(command);
  }

  @Override
  public void append(List<Bytes[]> unit) {
    commands.addAll(unit);
  }

  @Override
  public void commit() {}

  @Override
  public void close() {}
}
