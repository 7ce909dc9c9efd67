package dev.larder.redis.engine.lua;

import org.jspecify.annotations.Nullable;
import org.luaj.vm2.Lua;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Prototype;
import org.luaj.vm2.lib.OperandNames;

/**
 * What an instruction of a script works on, in the words of Lua's own error messages.
 *
 * <p>Lua names operands from its bytecode: locals, upvalues, globals, fields, methods, constants.
 * LuaJ has the same analysis for registers, which {@link org.luaj.vm2.lib.OperandNames} reaches;
 * this maps each opcode to the register that is to blame.
 */
final class Operands {
  private Operands() {}

  /**
   * What is wrong with the operand of an instruction that failed.
   *
   * @param p the function that failed
   * @param pc the index of the instruction
   * @param stack its registers
   * @return {@code local 'a' (a nil value)}, or {@code a nil value}, or nothing
   */
  static String describe(Prototype p, int pc, LuaValue[] stack) {
    int i = p.code[pc];
    int a = Lua.GETARG_A(i);
    int b = Lua.GETARG_B(i);
    int c = Lua.GETARG_C(i);
    return switch (Lua.GET_OPCODE(i)) {
      case Lua.OP_GETTABLE, Lua.OP_SELF, Lua.OP_UNM, Lua.OP_LEN -> operand(p, pc, stack, b);
      case Lua.OP_SETTABLE, Lua.OP_CALL, Lua.OP_TAILCALL -> operand(p, pc, stack, a);
      case Lua.OP_GETTABUP -> "upvalue '" + p.upvalues[b].name + "' (a nil value)";
      case Lua.OP_SETTABUP -> "upvalue '" + p.upvalues[a].name + "' (a nil value)";
      case Lua.OP_ADD, Lua.OP_SUB, Lua.OP_MUL, Lua.OP_DIV, Lua.OP_MOD, Lua.OP_POW ->
          operand(p, pc, stack, isNumber(p, stack, b) ? c : b);
      case Lua.OP_CONCAT -> operand(p, pc, stack, concatenated(stack, b, c));
      case Lua.OP_LT, Lua.OP_LE -> {
        String left = value(p, stack, b).typename();
        String right = value(p, stack, c).typename();
        yield left.equals(right) ? "two " + left + " values" : left + " with " + right;
      }
      case Lua.OP_TFORCALL -> "a " + stack[a].typename() + " value";
      default -> "";
    };
  }

  /** Whether an instruction calls a function that was found by a colon. */
  static boolean callsMethod(Prototype p, int pc) {
    int i = p.code[pc];
    int opcode = Lua.GET_OPCODE(i);
    if (opcode != Lua.OP_CALL && opcode != Lua.OP_TAILCALL) {
      return false;
    }
    String[] name = OperandNames.of(p, pc, Lua.GETARG_A(i));
    return name.length > 0 && name[0].equals("method");
  }

  private static boolean isNumber(Prototype p, LuaValue[] stack, int operand) {
    return value(p, stack, operand).isnumber();
  }

  /** An operand, which is a register or a constant. */
  private static LuaValue value(Prototype p, LuaValue[] stack, int operand) {
    return Lua.ISK(operand) ? p.k[Lua.INDEXK(operand)] : stack[operand];
  }

  /** The operand that cannot be concatenated: pairs are tried from the right. */
  private static int concatenated(LuaValue[] stack, int from, int to) {
    for (int i = to - 1; i >= from; i--) {
      if (!stack[i].isstring()) {
        return i;
      }
      if (!stack[i + 1].isstring()) {
        return i + 1;
      }
    }
    return from;
  }

  /** The name of an operand, if it has one, and its type. */
  private static String operand(Prototype p, int pc, LuaValue[] stack, int operand) {
    String type = "a " + value(p, stack, operand).typename() + " value";
    String name = Lua.ISK(operand) ? null : name(p, pc, operand);
    return name == null ? type : name + " (" + type + ")";
  }

  /** The kind and the name of what is in a register, or null. */
  private static @Nullable String name(Prototype p, int pc, int register) {
    String[] name = OperandNames.of(p, pc, register);
    if (name.length == 0 || name[0].equals("constant")) {
      return null;
    }
    // A field that has a number has no name.
    boolean named = !name[1].isEmpty() && !Character.isDigit(name[1].charAt(0));
    return name[0] + " '" + (named ? name[1] : "?") + "'";
  }
}
