package dev.larder.server.redisrest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.server.http.Body;
import dev.larder.server.http.Refusal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads commands from JSON. Nothing of a body is kept but the arguments.
 *
 * <p>An argument is a string, a number, which is taken as it was written, or a boolean. Null, an
 * array and an object are refused, as is whatever follows the command. Levels are at most 8,
 * numbers at most 1000 characters.
 */
final class CommandReader {
  /** The most commands of a request. */
  static final int COMMANDS = 5_000;

  /** The most tokens of a request, each of which may become an object of 50 bytes. */
  private static final int TOKENS = 600_000;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxTokenCount(TOKENS)
                  .maxNestingDepth(8)
                  .maxNumberLength(1000)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private CommandReader() {}

  /**
   * A body that is one command: {@code ["SET", "key", 1]}.
   *
   * <p>400 if it is not, 413 if it has too many arguments.
   *
   * @throws Refusal if it is not
   */
  static Command one(Body body) {
    return read(
        body,
        json -> {
          expect(json.nextToken(), JsonToken.START_ARRAY, "a command");
          return command(json);
        });
  }

  /**
   * A body that is an array of commands.
   *
   * <p>400 for no command at all, 413 for more than {@link #COMMANDS}.
   *
   * @throws Refusal if it is not, or one of too many
   */
  static List<Command> several(Body body) {
    return read(
        body,
        json -> {
          expect(json.nextToken(), JsonToken.START_ARRAY, "an array of commands");
          var commands = new ArrayList<Command>();
          for (JsonToken next = json.nextToken();
              next != JsonToken.END_ARRAY;
              next = json.nextToken()) {
            expect(next, JsonToken.START_ARRAY, "a command in the array of commands");
            if (commands.size() == COMMANDS) {
              throw new Refusal(
                  413, "too-large", "ERR max number of commands exceeded. Limit: " + COMMANDS);
            }
            commands.add(command(json));
          }
          if (commands.isEmpty()) {
            throw invalid("ERR empty pipeline request");
          }
          return commands;
        });
  }

  /** Reads from a parser that is before the first token. */
  @FunctionalInterface
  private interface Reading<T> {
    T from(JsonParser json) throws IOException;
  }

  private static <T> T read(Body body, Reading<T> reading) {
    try (JsonParser json = JSON.createParser(body.array(), 0, body.length())) {
      T read = reading.from(json);
      if (json.nextToken() != null) {
        throw invalid("ERR failed to parse command: more follows the array");
      }
      return read;
    } catch (StreamConstraintsException e) {
      throw new Refusal(
          413,
          "too-large",
          "ERR more than %d arguments, more than 8 levels, or a number of more than 1000 digits"
              .formatted(TOKENS));
    } catch (IOException e) {
      throw invalid("ERR failed to parse command: the body is not JSON");
    }
  }

  /** Reads the rest of an array of arguments, whose first bracket was read. */
  private static Command command(JsonParser json) throws IOException {
    var parts = new ArrayList<Bytes>();
    for (JsonToken next = json.nextToken(); next != JsonToken.END_ARRAY; next = json.nextToken()) {
      parts.add(argument(next, json));
    }
    if (parts.isEmpty()) {
      throw invalid("ERR empty command");
    }
    return Command.of(parts);
  }

  private static Bytes argument(JsonToken token, JsonParser json) throws IOException {
    return switch (token) {
      case VALUE_STRING -> utf8(json.getText());
      // As it was written: a double would lose digits.
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> Bytes.of(json.getText());
      case VALUE_TRUE -> Bytes.of("true");
      case VALUE_FALSE -> Bytes.of("false");
      case VALUE_NULL -> throw invalid("ERR null args are not supported");
      case null -> throw invalid("ERR failed to parse command: the body ends in the middle");
      default ->
          throw invalid("ERR failed to parse command: an argument that is an array or an object");
    };
  }

  /** What is half of a character becomes the one that stands for none. */
  private static Bytes utf8(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        int[] points =
            text.codePoints()
                .map(point -> point >= 0xD800 && point <= 0xDFFF ? 0xFFFD : point)
                .toArray();
        return Bytes.wrap(new String(points, 0, points.length).getBytes(UTF_8));
      }
    }
    return Bytes.of(text);
  }

  private static void expect(JsonToken token, JsonToken expected, String what) {
    if (token != expected) {
      throw invalid("ERR failed to parse command: expected %s, a JSON array".formatted(what));
    }
  }

  private static Refusal invalid(String text) {
    return new Refusal(400, "invalid-value", text);
  }
}
