/**
 * Lua scripts: LuaJ with the libraries, the limits and the error texts that Redis gives them.
 *
 * <p>Starting points: {@link dev.larder.redis.engine.lua.ScriptCommands}.
 */
@NullMarked
package dev.larder.redis.engine.lua;

import org.jspecify.annotations.NullMarked;
