package dev.larder.redis.engine.lua;

import java.util.Arrays;
import org.luaj.vm2.Globals;
import org.luaj.vm2.Lua;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaFunction;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;
import org.luaj.vm2.lib.DebugLib;

/**
 * The functions of a script that are running, the innermost last: where each is, so that an error
 * can say so, and how much the script has used.
 *
 * <p>LuaJ calls it before each instruction, since it is its debug library; scripts have none
 * themselves. So it is the place to count steps, and to announce what a concatenation allocates.
 * Frames are used again; a call allocates nothing once the stack has been as deep.
 */
final class Frames extends DebugLib {
  /** What {@link #traceback} appends, after which comes what it says. */
  static final String MARK = "\n\0";

  /**
   * From how many functions within each other on no more are taken; looked at when the array is
   * full.
   */
  private static final int DEEPEST = 190_000;

  private final Budget budget;
  private Frame[] frames = new Frame[16];
  private int depth;
  private boolean direct;

  /** A function that is running, with its registers and the instruction it is at. */
  private static final class Frame {
    private LuaClosure closure;
    private LuaValue[] stack;
    private int pc;

    Frame(LuaClosure closure, LuaValue[] stack) {
      this.closure = closure;
      this.stack = stack;
    }
  }

  /**
   * Frames of the scripts of one state.
   *
   * @param budget spent by each instruction
   */
  Frames(Budget budget) {
    this.budget = budget;
  }

  /** Makes LuaJ call it. */
  void install(Globals globals) {
    globals.debuglib = this;
  }

  /** A script begins: no function is running. */
  void clear() {
    depth = 0;
  }

  /** Functions of libraries have no frames. */
  @Override
  public void onCall(LuaFunction function) {}

  /**
   * A function of the script begins.
   *
   * @throws StackOverflowError if there are too many frames
   */
  @Override
  public void onCall(LuaClosure closure, Varargs arguments, LuaValue[] stack) {
    if (depth == frames.length) {
      if (depth >= DEEPEST) {
        throw new StackOverflowError();
      }
      frames = Arrays.copyOf(frames, depth * 2);
    }
    Frame frame = frames[depth];
    if (frame == null) {
      frames[depth] = new Frame(closure, stack);
    } else {
      frame.closure = closure;
      frame.stack = stack;
      frame.pc = 0;
    }
    depth++;
    direct = false;
  }

  /** It counts a step, so a loop without an end meets its budget. */
  @Override
  public void onInstruction(int pc, Varargs v, int top) {
    Frame frame = frames[depth - 1];
    frame.pc = pc;
    int instruction = frame.closure.p.code[pc];
    if ((instruction & 0x3f) == Lua.OP_CONCAT) {
      concatenation(frame.stack, instruction);
    }
    budget.step();
  }

  /** Announces what is made of long strings. */
  private void concatenation(LuaValue[] stack, int instruction) {
    long length = 0;
    for (int i = Lua.GETARG_B(instruction); i <= Lua.GETARG_C(instruction); i++) {
      length += stack[i].isstring() && !stack[i].isnumber() ? stack[i].rawlen() : 0;
    }
    if (length > 4096) {
      budget.allocate(length);
    }
  }

  @Override
  public void onReturn() {
    depth--;
  }

  /** Called where an error of LuaJ's own surfaces: says what it was about. */
  @Override
  public String traceback(int level) {
    if (depth == 0) {
      return MARK;
    }
    Frame frame = frames[depth - 1];
    return "\0" + Operands.describe(frame.closure.p, frame.pc, frame.stack);
  }

  /** How deep the script is in functions. */
  int depth() {
    return depth;
  }

  /** Forgets the frames above a depth, which an error has left. */
  void unwind(int to) {
    depth = to;
  }

  /** The line that a function is at: level 1 is the innermost; zero if there is none. */
  int line(int level) {
    int index = depth - level;
    if (index < 0 || index >= depth) {
      return 0;
    }
    Frame frame = frames[index];
    int[] lines = frame.closure.p.lineinfo;
    return frame.pc < lines.length ? lines[frame.pc] : 0;
  }

  /** Whether what is called now is called by no function of the script, but for it. */
  void setDirect(boolean called) {
    direct = called;
  }

  /** {@code name:line: } of a level, or nothing. */
  String position(int level) {
    int line = line(level);
    return line == 0 || direct ? "" : LuaState.CHUNK + ":" + line + ": ";
  }

  /** How the innermost function calls what it is calling now: by {@code a:name()}? */
  boolean callsMethod() {
    if (depth == 0) {
      return false;
    }
    Frame frame = frames[depth - 1];
    return Operands.callsMethod(frame.closure.p, frame.pc);
  }
}
