package dev.larder.server.redisrest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.larder.redis.engine.Database;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.server.http.Refusal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;

/**
 * Messages as server-sent events: one line of data each.
 *
 * <p>The forms: {@code subscribe,<channel>,<count>}, {@code message,<channel>,<payload>} and {@code
 * pmessage,<pattern>,<channel>,<payload>}, as Upstash sends them. The format of events is that of
 * the HTML Standard, section 9.2: {@code data: } and an empty line.
 */
final class Events {
  private static final JsonFactory JSON = new JsonFactory();

  private Events() {}

  /**
   * Says that channels or patterns are listened to.
   *
   * <p>One event for each name, with how many there are so far.
   *
   * @throws Refusal if there are none
   */
  static List<String> subscribed(List<Bytes> names, boolean patterns) {
    String command = patterns ? "psubscribe" : "subscribe";
    if (names.isEmpty()) {
      throw new Refusal(
          400,
          "invalid-value",
          "ERR wrong number of arguments for '%s' command".formatted(command));
    }
    var events = new ArrayList<String>(names.size());
    for (Bytes name : names) {
      events.add(data(command + "," + line(name) + "," + (events.size() + 1)));
    }
    return events;
  }

  /** What is listened to. The SDK does not encode a slash: what makes several names may be one. */
  static Set<Bytes> wanted(List<Bytes> names) {
    var wanted = new LinkedHashSet<Bytes>(names);
    if (names.size() > 1) {
      var joined = new StringJoiner("/");
      names.forEach(name -> joined.add(name.toString()));
      wanted.add(Bytes.of(joined.toString()));
    }
    return wanted;
  }

  /** A message. */
  static String of(Database.Message message) {
    String head =
        message.pattern().length() == 0 ? "message," : "pmessage," + line(message.pattern()) + ",";
    return data(head + line(message.channel()) + "," + payload(message.payload().toString()));
  }

  /** An event of one line. */
  static String data(String data) {
    return "data: " + data + "\n\n";
  }

  private static String line(Bytes name) {
    return oneLine(name.toString());
  }

  /** A line end would end the event. JSON means the same without; other text as JSON does. */
  private static String payload(String text) {
    if (text.indexOf('\n') < 0 && text.indexOf('\r') < 0) {
      return text;
    }
    return isJson(text)
        ? oneLine(text)
        : '"' + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
  }

  private static String oneLine(String text) {
    return text.replace('\r', ' ').replace('\n', ' ');
  }

  /** One value of JSON, and nothing after it. */
  private static boolean isJson(String text) {
    try (JsonParser parser = JSON.createParser(text)) {
      JsonToken first = parser.nextToken();
      parser.skipChildren();
      return first != null && parser.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }
}
