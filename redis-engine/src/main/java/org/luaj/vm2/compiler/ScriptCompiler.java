package org.luaj.vm2.compiler;

import java.io.IOException;
import java.io.InputStream;
import org.luaj.vm2.Globals;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.Prototype;

/** LuaJ's compiler, which says near what a mistake is: LuaJ finds that out and drops it. */
public final class ScriptCompiler implements Globals.Compiler {
  private static final String NEAR = " near ";

  /** A compiler. */
  public ScriptCompiler() {}

  private static final class Remembering extends LuaC.CompileState {
    private String said = "";

    @Override
    public String pushfstring(String text) {
      if (text.startsWith("syntax error: ")) {
        said = text;
      }
      return text;
    }
  }

  @Override
  public Prototype compile(InputStream source, String name) throws IOException {
    var state = new Remembering();
    var lexer = new LexState(state, source);
    var main = new FuncState();
    LuaString chunk = LuaString.valueOf(name);
    lexer.fs = main;
    lexer.setinput(state, source.read(), source, chunk);
    main.f = new Prototype();
    main.f.source = chunk;
    try {
      lexer.mainfunc(main);
    } catch (LuaError e) {
      int near = state.said.lastIndexOf(NEAR);
      throw new LuaError(
          e.getMessage() + (near < 0 ? "" : NEAR + quoted(state.said.substring(near + 6))));
    }
    return main.f;
  }

  /** As Lua 5.1 quotes what it read: without what LuaJ leaves at its end. */
  private static String quoted(String token) {
    int end = token.length();
    while (end > 0 && token.charAt(end - 1) <= ' ') {
      end--;
    }
    String bare = token.substring(0, end);
    return bare.length() > 1 && bare.startsWith("'") && bare.endsWith("'")
        ? bare
        : "'" + bare + "'";
  }
}
