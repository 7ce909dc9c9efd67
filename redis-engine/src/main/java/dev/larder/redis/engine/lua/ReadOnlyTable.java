package dev.larder.redis.engine.lua;

import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** A table that scripts share, and therefore cannot change once it is sealed. */
final class ReadOnlyTable extends LuaTable {
  private boolean sealed;

  /** Refuses every change from now on. */
  void seal() {
    sealed = true;
  }

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

  private void check() {
    if (sealed) {
      throw LuaState.readOnly();
    }
  }
}
