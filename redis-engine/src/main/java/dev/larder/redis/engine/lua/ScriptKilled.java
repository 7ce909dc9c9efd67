package dev.larder.redis.engine.lua;

/** A script used more than it may; no script can catch it. */
final class ScriptKilled extends Error {
  private static final long serialVersionUID = 1;

  ScriptKilled(String why) {
    super(why, null, false, false);
  }
}
