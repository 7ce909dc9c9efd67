package dev.larder.server.http;

import dev.larder.server.access.Permission;
import io.vertx.core.http.HttpMethod;
import java.util.List;

/**
 * Everything a server answers to those who may ask it, but for Redis over HTTP, whose addresses are
 * commands: one table, of which the router, the tests and the guide are made.
 */
public enum Address {
  /** What is measured, of all namespaces. */
  METRICS("GET", "/metrics", Permission.METRICS),
  /** Every namespace that whoever asks may see. */
  LIST("GET", "/v1", Permission.INSPECT),
  /**
   * How the server and each namespace are, in numbers. A namespace that is called {@code overview},
   * {@code events} or {@code backup} is not described at its own address.
   */
  OVERVIEW("GET", "/v1/overview", Permission.INSPECT),
  /** What happens, as server-sent events. */
  EVENTS("GET", "/v1/events", Permission.INSPECT),
  /** Everything that is no cache, to be restored elsewhere. */
  BACKUP("GET", "/v1/backup", Permission.ADMINISTER),
  /** What a namespace holds. */
  DESCRIBE("GET", "/v1/{namespace}", Permission.INSPECT),
  /** Deletes everything in a namespace. */
  DELETE("DELETE", "/v1/{namespace}", Permission.ADMINISTER),
  /** Invalidates tags. */
  INVALIDATE("POST", "/v1/{namespace}/invalidate", Permission.INVALIDATE),
  /** Removes an entry, or all that have a tag. */
  PURGE("POST", "/v1/{namespace}/purge", Permission.ADMINISTER),
  /** What was invalidated, when and by whom. */
  INVALIDATIONS("GET", "/v1/{namespace}/invalidations", Permission.INSPECT),
  /** The processes that talk to a namespace. */
  INSTANCES("GET", "/v1/{namespace}/instances", Permission.INSPECT),
  /** The builds of what is stored, and of those processes. */
  BUILDS("GET", "/v1/{namespace}/builds", Permission.INSPECT),
  /** The paths that are read most. */
  PATHS("GET", "/v1/{namespace}/paths", Permission.INSPECT),
  /** What is generated now, and who waits for it. */
  LEASES("GET", "/v1/{namespace}/leases", Permission.INSPECT),
  /** What the next reader of a path, a key or a tag gets, and why. */
  EXPLAIN("GET", "/v1/{namespace}/explain", Permission.INSPECT),
  /** What is stored, but for values. */
  ENTRIES("GET", "/v1/{namespace}/entries", Permission.INSPECT),
  /** One entry, but for its value. */
  ENTRY("GET", "/v1/{namespace}/entries/{key}", Permission.INSPECT),
  /** The tags that entries carry. */
  TAGS("GET", "/v1/{namespace}/tags", Permission.INSPECT),
  /** What carries one tag, and what it costs. */
  TAG("GET", "/v1/{namespace}/tags/{tag}", Permission.INSPECT),
  /** Frames of the protocol, without a connection; each is allowed by itself. */
  BATCH("POST", "/v1/{namespace}/batch", Permission.LOOK_UP),
  /** The connection of a client; each of its frames is allowed by itself. */
  CONNECT("GET", "/v1/{namespace}/connect", Permission.LOOK_UP);

  private final String method;
  private final String path;
  private final Permission permission;

  Address(String method, String path, Permission permission) {
    this.method = method;
    this.path = path;
    this.permission = permission;
  }

  /** The method of a request for it. */
  public String method() {
    return method;
  }

  /** The path of a request for it, in which <code>{namespace}</code> stands for one segment. */
  public String path() {
    return path;
  }

  /** What whoever asks must be allowed. */
  public Permission permission() {
    return permission;
  }

  /** Whether a request of that method for that path is one for it. */
  boolean is(HttpMethod asked) {
    return asked.name().equals(method);
  }

  /** The path, segment by segment. */
  List<String> segments() {
    return List.of(path.split("/", -1));
  }
}
