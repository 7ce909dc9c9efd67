package dev.larder.redis.engine.lua;

import dev.larder.redis.engine.resp.Bytes;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaValue;

/**
 * Functions that were loaded together.
 *
 * @param name of the library
 * @param source as it was sent
 * @param functions in the order in which they were registered
 */
record FunctionLibrary(String name, Bytes source, List<Function> functions) {
  /**
   * A function.
   *
   * @param callback called with the keys and the arguments
   * @param description null if there is none
   * @param flags what it declares
   */
  record Function(String name, LuaValue callback, @Nullable Bytes description, List<String> flags) {
    /** Whether it declares that it writes nothing; its commands are held to it. */
    boolean onlyReads() {
      return flags.contains("no-writes");
    }
  }
}
