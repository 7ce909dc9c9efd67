package dev.larder.redis.engine.lua;

/**
 * A script used more than it may; no script can catch it.
 *
 * <p>It is an error of the JVM's kind, which LuaJ does not catch; {@link ScriptRunner} does. What
 * the script did stays done.
 */
final class ScriptKilled extends Error {
  private static final long serialVersionUID = 1;

  /**
   * An end, with its reason.
   *
   * @param why the end of a sentence that begins with the script
   */
  ScriptKilled(String why) {
    super(why, null, false, false);
  }
}
