package dev.larder.redis.engine;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringTokenizer;
import java.util.random.RandomGenerator;

/**
 * Commands by chance, in every form that a file of patterns allows: {@code [ x ]} may be there,
 * {@code { x | y }} is one of them, {@code ( x )+} is there once or more, {@code <name>} is an
 * argument that {@link Arguments} makes, anything else is a word in any case. A pattern begins with
 * how its replies are compared.
 */
public final class CommandGrammar {
  private final List<Pattern> patterns = new ArrayList<>();

  /** The families of commands, each with a file of patterns. */
  public static List<String> families() {
    return List.of(
        "strings", "keys", "hashes", "sets", "lists", "zsets", "lex", "streams", "groups", "bits",
        "hlls", "geo");
  }

  /** A command, and how the replies to it are compared. */
  public record Step(Command command, Comparison comparison) {}

  private record Pattern(Comparison comparison, Node node) {}

  private interface Node {
    void addTo(List<Bytes> parts, Arguments arguments, RandomGenerator random);
  }

  /** The patterns of these files. */
  public CommandGrammar(String... files) {
    for (String file : files) {
      for (String line : read(file).lines().toList()) {
        if (!line.isBlank() && !line.startsWith("#")) {
          var tokens = new StringTokenizer(line);
          var comparison = Comparison.valueOf(tokens.nextToken().toUpperCase(Locale.ROOT));
          patterns.add(new Pattern(comparison, sequence(tokens, "")));
        }
      }
    }
  }

  /** The next command. */
  public Step next(RandomGenerator random) {
    Pattern pattern = patterns.get(random.nextInt(patterns.size()));
    var parts = new ArrayList<Bytes>();
    pattern.node.addTo(parts, new Arguments(random), random);
    if (random.nextInt(40) == 0) {
      disturb(parts, random);
    }
    return new Step(Command.of(parts), pattern.comparison);
  }

  /** Makes a command wrong, probably. */
  private static void disturb(List<Bytes> parts, RandomGenerator random) {
    int at = parts.size() == 1 ? 1 : 1 + random.nextInt(parts.size() - 1);
    switch (random.nextInt(4)) {
      case 0 -> parts.add(at, parts.get(random.nextInt(parts.size())));
      case 1 -> parts.subList(at, parts.size()).clear();
      case 2 -> parts.add(Bytes.of("more"));
      default -> {
        if (at < parts.size()) {
          parts.set(at, new Arguments(random).make("junk"));
        }
      }
    }
  }

  private static Node sequence(StringTokenizer tokens, String end) {
    var alternatives = new ArrayList<List<Node>>();
    alternatives.add(new ArrayList<>());
    while (tokens.hasMoreTokens()) {
      String token = tokens.nextToken();
      if (token.equals(end)) {
        break;
      }
      switch (token) {
        case "|" -> alternatives.add(new ArrayList<>());
        case "[" -> {
          Node inner = sequence(tokens, "]");
          alternatives
              .getLast()
              .add((parts, arguments, random) -> {
                if (random.nextInt(3) == 0) {
                  inner.addTo(parts, arguments, random);
                }
              });
        }
        case "{" -> alternatives.getLast().add(sequence(tokens, "}"));
        case "(" -> {
          Node inner = sequence(tokens, ")+");
          alternatives
              .getLast()
              .add((parts, arguments, random) -> {
                do {
                  inner.addTo(parts, arguments, random);
                } while (random.nextInt(5) < 2);
              });
        }
        default -> alternatives.getLast().add(word(token));
      }
    }
    return (parts, arguments, random) ->
        alternatives
            .get(random.nextInt(alternatives.size()))
            .forEach(node -> node.addTo(parts, arguments, random));
  }

  private static Node word(String token) {
    int argument = token.indexOf('<');
    if (argument == 0) {
      String name = token.substring(1, token.length() - 1);
      return (parts, arguments, random) -> arguments.addTo(parts, name);
    }
    if (argument > 0) {
      String name = token.substring(argument + 1, token.length() - 1);
      String prefix = token.substring(0, argument);
      return (parts, arguments, random) -> parts.add(Bytes.of(prefix + arguments.make(name)));
    }
    Bytes lower = Bytes.of(token);
    Bytes upper = Bytes.of(token.toUpperCase(Locale.ROOT));
    return (parts, arguments, random) -> parts.add(random.nextInt(3) == 0 ? upper : lower);
  }

  private static String read(String file) {
    try (var in = CommandGrammar.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalArgumentException("no file '%s' of patterns".formatted(file));
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
