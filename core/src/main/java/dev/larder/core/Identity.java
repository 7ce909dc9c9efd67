package dev.larder.core;

/**
 * Which process a client is, for people. Each text has at most {@value Origin#MAX_LABEL} bytes, the
 * instance {@value Origin#MAX_NAME}; longer ones are cut.
 *
 * @param instance a name no other process has, random unless it was configured
 * @param host the name of its machine
 * @param pid its number there; 0 if it has none
 * @param client the library and its version, such as {@code @larder/next 0.1.0}
 * @param framework the framework and its version, such as {@code next 16.1.0}
 * @param runtime the runtime and its version, such as {@code node 22.1.0}
 * @param build the build it serves
 * @param consistency how current what it serves is: {@code strict} or {@code push}
 * @param transport how it talks to the server: {@code websocket} or {@code http}
 */
public record Identity(
    String instance,
    String host,
    long pid,
    String client,
    String framework,
    String runtime,
    String build,
    String consistency,
    String transport) {

  /** A process that did not say who it is. */
  public static final Identity NONE = new Identity("", "", 0, "", "", "", "", "", "");

  /** An identity of bounded texts. */
  public Identity {
    instance = ShownText.of(instance, Origin.MAX_NAME);
    host = ShownText.of(host, Origin.MAX_LABEL);
    client = ShownText.of(client, Origin.MAX_LABEL);
    framework = ShownText.of(framework, Origin.MAX_LABEL);
    runtime = ShownText.of(runtime, Origin.MAX_LABEL);
    build = ShownText.of(build, Origin.MAX_NAME);
    consistency = ShownText.of(consistency, Origin.MAX_NAME);
    transport = ShownText.of(transport, Origin.MAX_NAME);
  }
}
