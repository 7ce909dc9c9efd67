package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import picocli.CommandLine.Help.Ansi;

/**
 * What a command prints: for people a sentence and then a table, for programs one object a line. In
 * bold only on a terminal, and not where {@code NO_COLOR} is set.
 */
final class Output {
  private static final String BOLD = "\033[1m";
  private static final String PLAIN = "\033[0m";

  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean json;

  Output(PrintWriter out, PrintWriter err, boolean json) {
    this.out = out;
    this.err = err;
    this.json = json;
  }

  /**
   * A column of a table.
   *
   * @param number whether it is of numbers, which end where those below them end
   * @param cell what it shows of a row
   */
  record Column(String name, boolean number, Function<JsonObject, String> cell) {
    static Column of(String name, Function<JsonObject, String> cell) {
      return new Column(name, false, cell);
    }

    static Column number(String name, Function<JsonObject, String> cell) {
      return new Column(name, true, cell);
    }
  }

  /** True if a program reads it. */
  boolean json() {
    return json;
  }

  /** What is the case, in a sentence. Programs are not told. */
  void sentence(String sentence) {
    if (!json) {
      String shown = Shown.text(sentence);
      String first = shown.substring(0, 1).toUpperCase(Locale.ROOT) + shown.substring(1);
      out.println(Ansi.AUTO.enabled() ? BOLD + first + PLAIN : first);
    }
    out.flush();
  }

  /** A line for people. */
  void line(String line) {
    if (!json) {
      out.println(Shown.text(line));
      out.flush();
    }
  }

  /** What a terminal is told, as it is. */
  void raw(String codes) {
    out.print(codes);
    out.flush();
  }

  /** A word to whoever is at the terminal, beside what was asked for. */
  void aside(String words) {
    err.println(Shown.text(words));
    err.flush();
  }

  /** An object for programs. */
  void object(JsonObject object) {
    if (json) {
      out.println(object.encode());
      out.flush();
    }
  }

  /** Rows: a table for people, an object a line for programs. */
  void rows(List<JsonObject> rows, List<Column> columns) {
    if (json) {
      rows.forEach(this::object);
      return;
    }
    if (rows.isEmpty()) {
      return;
    }
    var cells = new ArrayList<List<String>>();
    cells.add(columns.stream().map(Column::name).toList());
    rows.forEach(
        row -> cells.add(columns.stream().map(column -> column.cell().apply(row)).toList()));
    int[] widths = new int[columns.size()];
    for (List<String> row : cells) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    out.println();
    for (List<String> row : cells) {
      var line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String blanks = " ".repeat(widths[i] - row.get(i).length());
        line.append(columns.get(i).number() ? blanks + row.get(i) : row.get(i) + blanks);
        line.append("  ");
      }
      out.println(line.toString().stripTrailing());
    }
    out.flush();
  }
}
