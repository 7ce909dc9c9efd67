package dev.larder.redis.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.RespWriter;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents answer what the documentation of RedisJSON says; the real one is not at hand. */
class JsonTest {
  private static final String SHOP =
      """
      {"store":{"book":[{"title":"A","price":8.95},{"title":"B","price":12},\
      {"title":"C","price":9,"isbn":"1"}],"bicycle":{"color":"red","price":20}},"n":5,"t":true}\
      """;

  private final ListJournal journal = new ListJournal();
  private Engine engine;

  @BeforeEach
  void open() throws IOException {
    engine = Engine.builder().journal(journal).open();
    ask("JSON.SET", "shop", "$", SHOP);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private String ask(String... parts) {
    Command command = Command.of(Arrays.stream(parts).map(Bytes::of).toList());
    return Bytes.wrap(RespWriter.bytesOf(engine.execute(command)))
        .toString()
        .replace("\r\n", "|")
        .replaceAll("\\$\\d+\\|", "");
  }

  @Test
  void pathsMeanWhatJsonPathSays() {
    assertThat(ask("JSON.GET", "shop", "$.store.book[0].title")).isEqualTo("[\"A\"]|");
    assertThat(ask("JSON.GET", "shop", "$..price")).isEqualTo("[8.95,12,9,20]|");
    assertThat(ask("JSON.GET", "shop", "$.store.book[*].title")).isEqualTo("[\"A\",\"B\",\"C\"]|");
    assertThat(ask("JSON.GET", "shop", "$.store.book[-1].title")).isEqualTo("[\"C\"]|");
    assertThat(ask("JSON.GET", "shop", "$.store.book[0,2].title")).isEqualTo("[\"A\",\"C\"]|");
    assertThat(ask("JSON.GET", "shop", "$.store.book[1:].title")).isEqualTo("[\"B\",\"C\"]|");
    assertThat(ask("JSON.GET", "shop", "$['store'][\"bicycle\"].color")).isEqualTo("[\"red\"]|");
    assertThat(ask("JSON.GET", "shop", "$.store.book[?(@.price<10)].title"))
        .isEqualTo("[\"A\",\"C\"]|");
    assertThat(ask("JSON.GET", "shop", "$.store.book[?(@.isbn && @.price >= 9)].title"))
        .isEqualTo("[\"C\"]|");
    assertThat(ask("JSON.GET", "shop", "$.store.book[?(@.title=='B' || !(@.price>8.95))].title"))
        .isEqualTo("[\"A\",\"B\"]|");
    assertThat(ask("JSON.GET", "shop", "$.nosuch")).isEqualTo("[]|");
    assertThat(ask("JSON.GET", "shop", ".store.bicycle.color")).isEqualTo("\"red\"|");
    assertThat(ask("JSON.GET", "shop", "n")).isEqualTo("5|");
    assertThat(ask("JSON.GET", "shop", "nosuch")).isEqualTo("-ERR Path 'nosuch' does not exist|");
    assertThat(ask("JSON.GET", "shop", "$.n", "$.t")).isEqualTo("{\"$.n\":[5],\"$.t\":[true]}|");
    assertThat(ask("JSON.GET", "shop", "n", "t")).isEqualTo("{\"n\":5,\"t\":true}|");
    assertThat(ask("JSON.GET", "nosuch", "$")).isEqualTo("$-1|");
    assertThat(ask("JSON.MGET", "shop", "nosuch", "$.n")).isEqualTo("*2|[5]|$-1|");
  }

  @Test
  void itIsLaidOutAsWanted() {
    ask("JSON.SET", "k", "$", "{\"a\":[1,{}],\"b\":null}");
    assertThat(ask("JSON.GET", "k", "INDENT", " ", "NEWLINE", "\n", "SPACE", " "))
        .isEqualTo("{\n \"a\": [\n  1,\n  {}\n ],\n \"b\": null\n}|");
  }

  @Test
  void valuesAreWrittenWhereAPathLeads() {
    assertThat(ask("JSON.SET", "shop", "$.store.book[*].price", "1")).isEqualTo("+OK|");
    assertThat(ask("JSON.GET", "shop", "$..price")).isEqualTo("[1,1,1,20]|");
    assertThat(ask("JSON.SET", "shop", "$.new", "[1]")).isEqualTo("+OK|");
    assertThat(ask("JSON.SET", "shop", "$.new", "2", "NX")).isEqualTo("$-1|");
    assertThat(ask("JSON.SET", "shop", "$.other", "2", "XX")).isEqualTo("$-1|");
    assertThat(ask("JSON.SET", "shop", "$.a.b.c", "2")).isEqualTo("$-1|");
    assertThat(ask("JSON.SET", "none", "$.a", "2"))
        .isEqualTo("-ERR new objects must be created at the root|");
    assertThat(ask("JSON.MSET", "x", "$", "1", "y", "$", "[2]")).isEqualTo("+OK|");
    assertThat(ask("JSON.MGET", "x", "y", "$")).isEqualTo("*2|[1]|[[2]]|");
    ask("JSON.SET", "m", "$", "{\"a\":{\"b\":1,\"c\":2},\"d\":3}");
    assertThat(ask("JSON.MERGE", "m", "$", "{\"a\":{\"b\":null,\"e\":5},\"d\":[]}"))
        .isEqualTo("+OK|");
    assertThat(ask("JSON.GET", "m")).isEqualTo("{\"a\":{\"c\":2,\"e\":5},\"d\":[]}|");
    assertThat(ask("TYPE", "m")).isEqualTo("+ReJSON-RL|");
  }

  @Test
  void valuesAreRemovedAndCleared() {
    assertThat(ask("JSON.DEL", "shop", "$.store.book[?(@.price>8.95)]")).isEqualTo(":2|");
    assertThat(ask("JSON.GET", "shop", "$..title")).isEqualTo("[\"A\"]|");
    assertThat(ask("JSON.CLEAR", "shop", "$.store.book")).isEqualTo(":1|");
    assertThat(ask("JSON.CLEAR", "shop", "$.n")).isEqualTo(":1|");
    assertThat(ask("JSON.GET", "shop", "$.n", "$.store.book"))
        .isEqualTo("{\"$.n\":[0],\"$.store.book\":[[]]}|");
    assertThat(ask("JSON.FORGET", "shop")).isEqualTo(":1|");
    assertThat(ask("EXISTS", "shop")).isEqualTo(":0|");
    assertThat(ask("JSON.DEL", "shop")).isEqualTo(":0|");
  }

  @Test
  void theSameItemsInARowAreRemovedEach() {
    ask("JSON.SET", "a", "$", "[1,1,true,true,null,null,1]");
    assertThat(ask("JSON.DEL", "a", "$[1:6]")).isEqualTo(":5|");
    assertThat(ask("JSON.GET", "a")).isEqualTo("[1,1]|");
  }

  @Test
  void numbersStringsAndBooleansChangeInPlace() {
    assertThat(ask("JSON.NUMINCRBY", "shop", "$.n", "2")).isEqualTo("[7]|");
    assertThat(ask("JSON.NUMINCRBY", "shop", "n", "1.5")).isEqualTo("8.5|");
    assertThat(ask("JSON.NUMMULTBY", "shop", "$..price", "2")).isEqualTo("[17.9,24,18,40]|");
    assertThat(ask("JSON.NUMINCRBY", "shop", "$.t", "2")).isEqualTo("[null]|");
    assertThat(ask("JSON.STRAPPEND", "shop", "$.store.bicycle.color", "\"dish\""))
        .isEqualTo("*1|:7|");
    assertThat(ask("JSON.STRLEN", "shop", "$..color")).isEqualTo("*1|:7|");
    assertThat(ask("JSON.STRLEN", "shop", ".n")).startsWith("-WRONGTYPE wrong type of path value");
    assertThat(ask("JSON.TOGGLE", "shop", "$.t")).isEqualTo("*1|:0|");
    assertThat(ask("JSON.TOGGLE", "shop", ".t")).isEqualTo("true|");
    assertThat(ask("JSON.TYPE", "shop", "$.*")).isEqualTo("*3|object|number|boolean|");
    assertThat(ask("JSON.TYPE", "shop")).isEqualTo("object|");
    assertThat(ask("JSON.OBJKEYS", "shop", "$.store")).isEqualTo("*1|*2|book|bicycle|");
    assertThat(ask("JSON.OBJLEN", "shop", "$")).isEqualTo("*1|:3|");
    assertThat(ask("JSON.RESP", "shop", "$.store.bicycle"))
        .isEqualTo("*1|*5|+{|color|reddish|price|:40|");
    assertThat(ask("JSON.NUMINCRBY", "none", "$", "2")).startsWith("-ERR could not perform");
  }

  @Test
  void arraysChangeInPlace() {
    ask("JSON.SET", "a", "$", "{\"x\":[1,2,3],\"y\":\"s\"}");
    assertThat(ask("JSON.ARRAPPEND", "a", "$.*", "4", "\"five\"")).isEqualTo("*2|:5|$-1|");
    assertThat(ask("JSON.ARRINSERT", "a", "$.x", "0", "0")).isEqualTo("*1|:6|");
    assertThat(ask("JSON.ARRINSERT", "a", "$.x", "99", "0")).isEqualTo("-ERR index out of bounds|");
    assertThat(ask("JSON.ARRINDEX", "a", "$.x", "\"five\"")).isEqualTo("*1|:5|");
    assertThat(ask("JSON.ARRINDEX", "a", "$.x", "1", "2")).isEqualTo("*1|:-1|");
    assertThat(ask("JSON.ARRPOP", "a", "$.x")).isEqualTo("*1|\"five\"|");
    assertThat(ask("JSON.ARRPOP", "a", ".x", "0")).isEqualTo("0|");
    assertThat(ask("JSON.ARRTRIM", "a", "$.x", "1", "2")).isEqualTo("*1|:2|");
    assertThat(ask("JSON.ARRLEN", "a", "x")).isEqualTo(":2|");
    assertThat(ask("JSON.GET", "a", ".x")).isEqualTo("[2,3]|");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[1,",
        "nul",
        "01",
        "1.",
        "-",
        "\"",
        "\"\\x\"",
        "\"\\u12\"",
        "{\"a\"}",
        "[1 2]",
        "{a:1}",
        "1e999",
        "\"\n\"",
        "[]]",
        "tru e",
        "'a'",
        "NaN"
      })
  void whatIsNoJsonIsAnError(String text) {
    assertThat(ask("JSON.SET", "k", "$", text)).startsWith("-ERR invalid JSON");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$[",
        "$.",
        "$..",
        "$[?(",
        "$[?(@.a==)]",
        "$['a",
        "$[1:2:0]",
        "$[99999999999]",
        "$x",
        "$.a b",
        "$[?(@.a=~'x')]",
        "$[]"
      })
  void whatIsNoPathIsAnError(String path) {
    assertThat(ask("JSON.GET", "shop", path)).startsWith("-ERR invalid J");
  }

  @Test
  void depthAndBreadthAreBounded() {
    assertThat(ask("JSON.SET", "k", "$", "[".repeat(100_000))).startsWith("-ERR recursion limit");
    assertThat(ask("JSON.GET", "shop", "$[?(" + "(".repeat(100_000))).startsWith("-ERR invalid");
    assertThat(ask("JSON.GET", "shop", "$[?(" + "!".repeat(100_000))).startsWith("-ERR invalid");
    String nested = "{\"x\":".repeat(60) + "1" + "}".repeat(60);
    ask("JSON.SET", "nested", "$", nested);
    assertThat(ask("JSON.SET", "nested", "$" + ".x".repeat(59), nested)).isEqualTo("+OK|");
    String reply = ask("JSON.SET", "nested", "$" + ".x".repeat(118), nested);
    assertThat(reply).startsWith("-ERR recursion limit");
    ask("JSON.SET", "wide", "$", "[" + "1,".repeat(9_999) + "1]");
    assertThat(ask("JSON.SET", "wide", "$[*]", "\"" + "x".repeat(100_000) + "\""))
        .startsWith("-ERR the value would be written to 10000 places");
    ask("JSON.SET", "deep", "$", "[".repeat(100) + "]".repeat(100));
    assertThat(ask("JSON.GET", "deep", "$" + "..*".repeat(9))).startsWith("-ERR the path means");
  }

  @Test
  void aResultOutOfRangeChangesNothing() throws IOException {
    ask("JSON.SET", "a", "$", "[1,1e308]");
    assertThat(ask("JSON.NUMMULTBY", "a", "$[*]", "10")).isEqualTo("-ERR result is not a number|");
    assertThat(ask("JSON.GET", "a")).isEqualTo("[1,1e308]|");
  }

  @Test
  void theJournalMakesTheSameAgain() throws IOException {
    var random = new Random(1);
    String[] paths = {"$", ".", "$.a", "$.b", "$..a", "$.a[0]", "$.*", "$.c.d", "a", "$[?(@>1)]"};
    String[] values = {
      "1", "2.5", "\"x\"", "[1,2,[3]]", "{\"a\":[1],\"b\":{\"a\":2}}", "true", "null"
    };
    for (int i = 0; i < 20_000; i++) {
      String key = "k" + random.nextInt(3);
      String path = paths[random.nextInt(paths.length)];
      String value = values[random.nextInt(values.length)];
      switch (random.nextInt(13)) {
        case 0, 1 -> ask("JSON.SET", key, path, value);
        case 2 -> ask("JSON.MERGE", key, path, value);
        case 3 -> ask("JSON.DEL", key, path);
        case 4 -> ask("JSON.ARRAPPEND", key, path, value);
        case 5 -> ask("JSON.NUMINCRBY", key, path, "1");
        case 6 -> ask("JSON.STRAPPEND", key, path, "\"y\"");
        case 7 -> ask("JSON.TOGGLE", key, path);
        case 8 -> ask("JSON.ARRPOP", key, path);
        case 9 -> ask("JSON.ARRTRIM", key, path, "0", "3");
        case 10 -> ask("JSON.CLEAR", key, path);
        case 11 -> ask("COPY", key, "k" + random.nextInt(3), "REPLACE");
        default -> ask("JSON.SET", key, "$", value);
      }
    }
    try (Engine again = Engine.builder().journal(journal).open()) {
      assertThat(Contents.of(again)).isEqualTo(Contents.of(engine));
    }
  }
}
