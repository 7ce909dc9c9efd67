package dev.larder.server.redisrest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.larder.redis.engine.Database;
import dev.larder.redis.engine.resp.Bytes;
import java.io.IOException;

/** Messages as server-sent events: one line of data each. */
final class Events {
  private static final JsonFactory JSON = new JsonFactory();

  private Events() {}

  /** Says that a channel or pattern is listened to. */
  static String subscribed(Bytes name, boolean pattern, int count) {
    return event((pattern ? "psubscribe," : "subscribe,") + line(name) + "," + count);
  }

  /** A message. */
  static String of(Database.Message message) {
    String head =
        message.pattern().length() == 0 ? "message," : "pmessage," + line(message.pattern()) + ",";
    return event(head + line(message.channel()) + "," + payload(message.payload().toString()));
  }

  private static String event(String data) {
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
