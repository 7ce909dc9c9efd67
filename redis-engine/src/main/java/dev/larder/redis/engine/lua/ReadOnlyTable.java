package dev.larder.redis.engine.lua;

import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * A table that scripts share, and therefore cannot change once it is sealed.
 *
 * <p>Assignments raise {@code Attempt to modify a readonly table}. The raw functions of libraries
 * do not come by here; they ask {@link LuaState#checkWritable} themselves.
 */
final class ReadOnlyTable extends LuaTable {
  private boolean sealed;

  /** Refuses every change from now on. */
  void seal() {
    sealed = true;
  }

  /** Whether it refuses changes. */
  boolean isSealed() {
    return sealed;
  }

  @Override
  public void set(int key, LuaValue value) {
    check();
    super.set(key, value);
  }

  @Override
  public void set(LuaValue key, LuaValue value) {
    check();
    super.set(key, value);
  }

  /** Fails if it is sealed. */
  private void check() {
    if (sealed) {
      throw LuaState.readOnly();
    }
  }
}
