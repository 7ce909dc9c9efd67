package org.luaj.vm2.lib;

import org.luaj.vm2.Prototype;

/** What LuaJ knows of the names of operands, and keeps to this package. */
public final class OperandNames {
  private OperandNames() {}

  /** Its kind, such as {@code local}, and its name; or nothing if it has none. */
  public static String[] of(Prototype p, int pc, int register) {
    var name = DebugLib.getobjname(p, pc, register);
    return name == null ? new String[0] : new String[] {name.namewhat, name.name};
  }
}
