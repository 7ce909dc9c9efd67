package dev.larder.redis.engine;

import dev.larder.redis.engine.resp.Bytes;
import java.util.List;
import java.util.random.RandomGenerator;

/** Arguments by chance: mostly of few different ones, so that they meet again; sometimes bad. */
final class Arguments {
  private static final String[] TYPES = {
    "string", "hash", "set", "zset", "list", "stream", "geo", "hll"
  };
  private static final String[] INTS = {
    "0", "1", "2", "3", "-1", "-2", "-3", "5", "10", "100", "-100"
  };
  private static final String[] BAD_INTS = {
    "",
    "x",
    "1.5",
    "01",
    "+1",
    " 1",
    "1 ",
    "-0",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "4294967296",
    "99999999999999999999"
  };
  private static final String[] FLOATS = {
    "0",
    "1",
    "1.5",
    "-2.25",
    "3.14159",
    "1e3",
    "0.1",
    "0.2",
    "1e-7",
    "1234567.125",
    "-1",
    "2",
    "5e15",
    "1e17",
    "123456789012345678",
    "0.30000000000000004",
    "3",
    "7",
    "10",
    "-0.5",
    "1e100"
  };
  private static final String[] BAD_FLOATS = {
    "",
    "x",
    "inf",
    "-inf",
    "+inf",
    "nan",
    "Infinity",
    "1e400",
    "0x10",
    " 1",
    "1 ",
    ".5",
    "5.",
    "-0",
    "1e",
    "--1",
    "1e-400",
    "infinit",
    "1.7e308"
  };
  private static final String[] VALUES = {
    "",
    "a",
    "hello",
    "1",
    "10",
    "-7",
    "3.5",
    "9223372036854775807",
    "x y\r\nz",
    "\u00fc\u20ac",
    "\0\0",
    "0",
    "abcabc",
    "foobar"
  };
  private static final String[] SMALL = {"a", "b", "c", "d", "e", "f", "1", "2", "3", "10", ""};

  private final RandomGenerator random;

  Arguments(RandomGenerator random) {
    this.random = random;
  }

  void addTo(List<Bytes> parts, String name) {
    if (name.endsWith("s#")) {
      // A number, and as many keys.
      int count = 1 + random.nextInt(3);
      String said = random.nextInt(30) == 0 ? pick("0", "-1", "x", "9", "1") : "" + count;
      parts.add(Bytes.of(said));
      for (int i = 0; i < count; i++) {
        parts.add(make(name.substring(0, name.length() - 2)));
      }
    } else {
      parts.add(make(name));
    }
  }

  Bytes make(String name) {
    return switch (name) {
      case "string", "hash", "set", "zset", "list", "stream", "geo", "hll" ->
          key(random.nextInt(25) == 0 ? pick(TYPES) : name);
      case "key" -> key(pick(TYPES));
      case "int" -> Bytes.of(random.nextInt(15) == 0 ? pick(BAD_INTS) : pick(INTS));
      case "index" ->
          Bytes.of(random.nextInt(40) == 0 ? pick(BAD_INTS) : "" + (random.nextInt(14) - 6));
      // No number that overflows with the next entry.
      case "entries" -> Bytes.of(pick("-2", "-1", "0", "1", "3", "40", "x"));
      case "count" -> Bytes.of(random.nextInt(30) == 0 ? pick(BAD_INTS) : "" + random.nextInt(5));
      case "offset" ->
          Bytes.of(
              random.nextInt(30) == 0
                  ? pick("x", "-1", "", "99999999999")
                  : "" + random.nextInt(40));
      case "float" -> Bytes.of(random.nextInt(12) == 0 ? pick(BAD_FLOATS) : pick(FLOATS));
      case "plain" -> Bytes.of(pick(FLOATS));
      case "seconds" -> Bytes.of(time(1_000, 100_000));
      case "millis" -> Bytes.of(time(1_000_000, 100_000_000));
      case "unixseconds" -> Bytes.of(time(4_000_000_000L, 5_000_000_000L));
      case "unixmillis" -> Bytes.of(time(4_000_000_000_000L, 5_000_000_000_000L));
      case "value" -> value();
      case "item" ->
          Bytes.of(random.nextInt(20) == 0 ? pick("abcabc", "-7", "3.5", "x y") : pick(SMALL));
      case "member" ->
          Bytes.of(
              random.nextInt(20) == 0
                  ? pick("abcabc", "-7", "3.5", "\u00fc", "x\r\n")
                  : pick(SMALL));
      case "field" -> Bytes.of(random.nextInt(20) == 0 ? pick(VALUES) : pick(SMALL));
      case "glob" ->
          Bytes.of(
              pick("*", "s*", "?et0", "[a-c]*", "h[^x]sh1", "*1", "\\*", "[ab", "", "a**b", "*a*"));
      case "type" ->
          Bytes.of(pick("string", "hash", "set", "zset", "list", "stream", "none", "nothing"));
      case "cursor" -> Bytes.of(random.nextInt(20) == 0 ? pick("x", "", "1x") : "0");
      case "bound" -> bound();
      case "lex" ->
          Bytes.of(
              pick("-", "+", "[a", "(a", "[c", "(c", "[b", "(", "[", "[zz", "x", "", "(d", "[e"));
      case "id" ->
          Bytes.of(
              random.nextInt(25) == 0
                  ? pick("x", "", "1-x", "-1", "1-2-3", "0", "0-0", "18446744073709551616")
                  : random.nextInt(1, 60) + pick("", "-0", "-1", "-2", "-7"));
      case "autoid" -> Bytes.of(random.nextInt(1, 60) + "-*");
      case "element" -> Bytes.of("e" + random.nextInt(random.nextInt(4) == 0 ? 5 : 100_000));
      case "lon" ->
          Bytes.of(
              random.nextInt(30) == 0
                  ? pick("x", "", "-180", "181", "0", "inf")
                  : ""
                      + (random.nextInt(3) == 0
                          ? random.nextDouble(-180, 180)
                          : 13 + random.nextDouble(0.5)));
      case "lat" ->
          Bytes.of(
              random.nextInt(30) == 0
                  ? pick("x", "", "85.05112878", "-85.05112878", "86", "0", "-inf")
                  : ""
                      + (random.nextInt(3) == 0
                          ? random.nextDouble(-85, 85)
                          : 52 + random.nextDouble(0.5)));
      case "radius" ->
          Bytes.of(
              random.nextInt(30) == 0
                  ? pick("x", "-1", "")
                  : pick("0", "1", "10", "100", "5000", "20000", "1000", "3.5", "500"));
      case "unit" ->
          Bytes.of(random.nextInt(30) == 0 ? "x" : pick("m", "km", "km", "KM", "ft", "mi"));
      case "bittype" ->
          Bytes.of(
              random.nextInt(25) == 0
                  ? pick("u64", "i65", "u0", "x8", "", "i", "u-1", "i08")
                  : pick("u8", "u1", "u63", "i8", "i64", "i16", "i1", "u4", "u16", "i33", "i5"));
      case "fieldoffset" ->
          Bytes.of(
              random.nextInt(30) == 0
                  ? pick("-1", "x", "#", "#x", "", "99999999999", "#99999999999999999")
                  : (random.nextInt(3) == 0 ? "#" : "") + random.nextInt(40));
      case "fieldvalue" ->
          Bytes.of(
              random.nextInt(30) == 0
                  ? pick(BAD_INTS)
                  : random.nextInt(3) == 0
                      ? pick("9223372036854775807", "-9223372036854775808", "127", "128", "-129")
                      : "" + random.nextInt(-300, 300));
      case "lastid" ->
          Bytes.of(
              random.nextInt(25) == 0
                  ? pick(
                      "x", "", "18446744073709551616", "18446744073709551615-18446744073709551615")
                  : random.nextInt(6) == 0 ? pick("$", ">") : random.nextInt(60) + pick("", "-1"));
      case "group" -> Bytes.of(random.nextInt(15) == 0 ? "g3" : pick("g1", "g2"));
      case "consumer" -> Bytes.of(pick("c1", "c2", "c3"));
      case "idle" ->
          Bytes.of(random.nextInt(30) == 0 ? "x" : pick("0", "0", "-1", "1000000", "5000000"));
      case "limit" ->
          Bytes.of(
              random.nextInt(4) == 0
                  ? pick("-", "+", "(", "(x", "(0-0", "(18446744073709551615-18446744073709551615")
                  : (random.nextInt(3) == 0 ? "(" : "") + random.nextInt(1, 60) + pick("", "-1"));
      case "bit" -> Bytes.of(random.nextInt(15) == 0 ? pick("2", "x", "-1") : pick("0", "1"));
      case "bitoffset" ->
          Bytes.of(
              random.nextInt(20) == 0
                  ? pick("-1", "x", "4294967296", "99999999999")
                  : "" + random.nextInt(300));
      case "junk" -> Bytes.of(pick("", "x", "nx", "get", "limit", "withscores", "\u00e9"));
      default -> throw new IllegalArgumentException("no argument '%s'".formatted(name));
    };
  }

  private Bytes key(String type) {
    return Bytes.of(type + random.nextInt(4));
  }

  private Bytes bound() {
    if (random.nextInt(20) == 0) {
      return Bytes.of(pick("x", "", "(", "((1", "nan", "(x"));
    }
    String bound = pick("-inf", "+inf", "inf", "0", "1", "2", "3", "1.5", "-1", "10", "100", "5");
    return Bytes.of((random.nextInt(3) == 0 ? "(" : "") + bound);
  }

  private Bytes value() {
    int kind = random.nextInt(12);
    if (kind == 0) {
      byte[] bytes = new byte[random.nextInt(100)];
      random.nextBytes(bytes);
      return Bytes.wrap(bytes);
    }
    return Bytes.of(kind < 4 ? pick(INTS) : kind < 6 ? pick(FLOATS) : pick(VALUES));
  }

  private String time(long least, long most) {
    return switch (random.nextInt(12)) {
      case 0 -> pick("0", "-1", "-1000", "x", "", "1.5");
      case 1 ->
          pick(
              "9223372036854775807",
              "-9223372036854775808",
              "9223372036854775",
              "99999999999999999999");
      default -> "" + random.nextLong(least, most);
    };
  }

  private String pick(String... from) {
    return from[random.nextInt(from.length)];
  }
}
