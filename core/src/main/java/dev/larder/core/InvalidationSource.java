package dev.larder.core;

import java.util.List;
import java.util.stream.Stream;

/**
 * Who invalidated, for people. Texts that are too long are cut.
 *
 * @param action what was called, such as {@code updateTag}; at most {@value Origin#MAX_NAME} bytes
 * @param path the path of the request that called it; at most {@value Origin#MAX_LABEL} bytes
 * @param instance the process that sent it, as in {@link Identity}; at most {@value
 *     Origin#MAX_NAME} bytes
 * @param token the id of the token it was sent with; empty without one
 * @param via how it reached the server
 */
public record InvalidationSource(
    String action, String path, String instance, String token, Via via) {
  /** Nothing is known. */
  public static final InvalidationSource NONE = new InvalidationSource("", "", "", "", Via.UNKNOWN);

  /** Larder itself: an entry was replaced, and copies of it elsewhere end. */
  public static final InvalidationSource SERVER =
      new InvalidationSource("replace", "", "", "", Via.SERVER);

  /** A source of bounded texts. */
  public InvalidationSource {
    action = ShownText.of(action, Origin.MAX_NAME);
    path = ShownText.of(path, Origin.MAX_LABEL);
    instance = ShownText.of(instance, Origin.MAX_NAME);
    token = ShownText.of(token, Origin.MAX_NAME);
  }

  /** A source as a client tells it. */
  public InvalidationSource(String action, String path, String instance) {
    this(action, path, instance, "", Via.UNKNOWN);
  }

  /** Its fields in lines of text. */
  public String lines() {
    return String.join("\n", action, path, instance, token, via.label());
  }

  /** The source in {@linkplain #lines lines}; {@link #NONE} if they are of another form. */
  public static InvalidationSource ofLines(String lines) {
    List<String> fields = List.of(lines.split("\n", -1));
    return fields.size() == 5
        ? new InvalidationSource(
            fields.get(0), fields.get(1), fields.get(2), fields.get(3), Via.of(fields.get(4)))
        : NONE;
  }

  /** The same, that came this way. */
  public InvalidationSource via(Via how) {
    return new InvalidationSource(action, path, instance, token, how);
  }

  /** The same, sent with the token of that id. */
  public InvalidationSource token(String id) {
    return new InvalidationSource(action, path, instance, id, via);
  }

  /** The same, of that process if it does not say which. */
  public InvalidationSource from(String process) {
    return instance.isEmpty() ? new InvalidationSource(action, path, process, token, via) : this;
  }

  /** How an invalidation reached the server. */
  public enum Via {
    /** Nobody knows any more. */
    UNKNOWN("unknown"),
    /** Over a connection. */
    CONNECTION("connection"),
    /** In a batch over HTTP. */
    BATCH("batch"),
    /** As JSON over HTTP: a webhook, a person, another language. */
    HTTP("http"),
    /** The server itself. */
    SERVER("server");

    private final String label;

    Via(String label) {
      this.label = label;
    }

    /** Its name in JSON, metrics and docs. */
    public String label() {
      return label;
    }

    private static Via of(String label) {
      return Stream.of(values()).filter(via -> via.label.equals(label)).findAny().orElse(UNKNOWN);
    }
  }
}
