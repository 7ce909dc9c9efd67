package dev.larder.redis.engine.lua;

import static org.luaj.vm2.LuaValue.varargsOf;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;
import org.luaj.vm2.lib.MathLib;

/**
 * The functions of {@code math}.
 *
 * <p>All of Lua 5.1's are there, on doubles. The last digits of sines and their like are those of
 * the JVM. {@code random} has the same row of numbers in each script, unless it is seeded; it is
 * Java's, not that of C.
 */
final class MathLibrary {
  static {
    MathLib.MATHLIB = new Powers();
  }

  private MathLibrary() {}

  /**
   * What {@code ^} is computed with. LuaJ asks the library that was made last; asked for nothing,
   * it takes roots by an approximation of four digits.
   */
  private static final class Powers extends MathLib {
    @Override
    public double dpow_lib(double base, double exponent) {
      return Math.pow(base, exponent);
    }
  }

  /** Fills the table. */
  static void addTo(LuaState state, LuaTable table) {
    table.rawset("pi", LuaValue.valueOf(Math.PI));
    table.rawset("huge", LuaValue.valueOf(Double.POSITIVE_INFINITY));
    var library = new Library(state, table);
    one(library, "abs", Math::abs);
    one(library, "ceil", Math::ceil);
    one(library, "floor", Math::floor);
    one(library, "sqrt", Math::sqrt);
    one(library, "exp", Math::exp);
    one(library, "log", Math::log);
    one(library, "log10", Math::log10);
    one(library, "sin", Math::sin);
    one(library, "cos", Math::cos);
    one(library, "tan", Math::tan);
    one(library, "asin", Math::asin);
    one(library, "acos", Math::acos);
    one(library, "atan", Math::atan);
    one(library, "sinh", Math::sinh);
    one(library, "cosh", Math::cosh);
    one(library, "tanh", Math::tanh);
    one(library, "deg", Math::toDegrees);
    one(library, "rad", Math::toRadians);
    two(library, "atan2", Math::atan2);
    two(library, "pow", Math::pow);
    two(library, "fmod", (x, y) -> x % y);
    two(library, "mod", (x, y) -> x % y);
    two(library, "ldexp", (x, exponent) -> x * Math.pow(2, exponent));
    library
        .add("modf", MathLibrary::modF)
        .add("frexp", MathLibrary::frExp)
        // As C compares: what is no number is passed over, unless it is the first.
        .add("max", a -> LuaValue.valueOf(fold(a, (most, x) -> x > most ? x : most)))
        .add("min", a -> LuaValue.valueOf(fold(a, (least, x) -> x < least ? x : least)))
        .add("random", MathLibrary::random)
        .add("randomseed", MathLibrary::randomSeed);
  }

  /** Adds a function of one number. */
  private static void one(Library library, String name, DoubleUnaryOperator operation) {
    library.add(name, a -> LuaValue.valueOf(operation.applyAsDouble(a.number(1))));
  }

  /** Adds a function of two numbers. */
  private static void two(Library library, String name, DoubleBinaryOperator operation) {
    library.add(
        name,
        a -> {
          // In C the second argument is read first, and its error is the one that is seen.
          double second = a.number(2);
          return LuaValue.valueOf(operation.applyAsDouble(a.number(1), second));
        });
  }

  /** One operation over all arguments from the left; there must be one at least. */
  private static double fold(LuaArguments a, DoubleBinaryOperator operation) {
    double result = a.number(1);
    for (int i = 2; i <= a.count(); i++) {
      result = operation.applyAsDouble(result, a.number(i));
    }
    return result;
  }

  /** {@code modf}: the number without its fraction, and the fraction. */
  private static Varargs modF(LuaArguments a) {
    double number = a.number(1);
    double whole = number < 0 ? Math.ceil(number) : Math.floor(number);
    return varargsOf(
        LuaValue.valueOf(whole), LuaValue.valueOf(Double.isInfinite(number) ? 0 : number - whole));
  }

  /** {@code frexp}: a fraction from 0.5 up to 1, and the exponent of two. */
  private static Varargs frExp(LuaArguments a) {
    double number = a.number(1);
    if (number == 0 || Double.isNaN(number) || Double.isInfinite(number)) {
      return varargsOf(LuaValue.valueOf(number), LuaValue.valueOf(0));
    }
    int exponent = Math.getExponent(number) + 1;
    return varargsOf(LuaValue.valueOf(number / Math.pow(2, exponent)), LuaValue.valueOf(exponent));
  }

  /**
   * {@code random([[least,] most])}: from 0 up to 1, excluded, or an integer with both ends
   * included.
   */
  private static Varargs random(LuaArguments a) {
    double chance = a.state().random().nextDouble();
    if (a.count() > 2) {
      throw a.error("wrong number of arguments");
    }
    if (a.count() == 0) {
      return LuaValue.valueOf(chance);
    }
    long least = a.count() == 1 ? 1 : a.integer(1);
    long most = a.integer(a.count());
    if (least > most) {
      throw a.bad(a.count(), "interval is empty");
    }
    return LuaValue.valueOf(Math.floor(chance * (most - least + 1)) + least);
  }

  /** {@code randomseed(number)}, for the rest of this run. */
  private static Varargs randomSeed(LuaArguments a) {
    a.state().seed(a.integer(1));
    return LuaValue.NONE;
  }
}
