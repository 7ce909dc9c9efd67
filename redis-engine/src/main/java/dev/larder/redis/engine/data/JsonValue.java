package dev.larder.redis.engine.data;

/**
 * A document of JSON.
 *
 * <p>Arrays and objects in it change in place. The weight is not kept but summed up by walking
 * through all of it, whenever it is asked for: after each change.
 */
public final class JsonValue extends Value {
  private Json root;

  /** A document of this value. */
  public JsonValue(Json root) {
    this.root = root;
  }

  /** The whole of it. */
  public Json root() {
    return root;
  }

  /** Replaces the whole of it. */
  public void setRoot(Json json) {
    root = json;
  }

  @Override
  public String type() {
    return "ReJSON-RL";
  }

  @Override
  public long weight() {
    return 64 + root.weight();
  }

  /** A document always has a value, if only null. */
  @Override
  public boolean isEmpty() {
    return false;
  }

  @Override
  public JsonValue copy() {
    return new JsonValue(root.copy());
  }
}
