import static java.lang.constant.ConstantDescs.CD_String;
import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_int;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.MethodModel;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Mends two methods of LuaJ. It writes numbers as floats, where Lua does so with 14 digits; and it
 * compares strings by signed bytes. The build runs this with LuaJ on the class path; the mended
 * classes stand in the folder given, before those of LuaJ.
 */
final class MendLuaJ {
  private static final ClassDesc DOUBLE = ClassDesc.of("org.luaj.vm2.LuaDouble");
  private static final ClassDesc STRING = ClassDesc.of("org.luaj.vm2.LuaString");
  private static final String OURS = "dev.larder.redis.engine.lua.";

  private MendLuaJ() {}

  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    mend(
        folder,
        DOUBLE,
        "tojstring",
        MethodTypeDesc.of(CD_String),
        code ->
            code.aload(0)
                .getfield(DOUBLE, "v", CD_double)
                .invokestatic(
                    ClassDesc.of(OURS + "LuaNumbers"),
                    "text",
                    MethodTypeDesc.of(CD_String, CD_double))
                .areturn());
    mend(
        folder,
        STRING,
        "strcmp",
        MethodTypeDesc.of(CD_int, STRING),
        code ->
            code.aload(0)
                .aload(1)
                .invokestatic(
                    ClassDesc.of(OURS + "LuaStrings"),
                    "compare",
                    MethodTypeDesc.of(CD_int, STRING, STRING))
                .ireturn());
  }

  /** Gives a method of a class another body. */
  private static void mend(
      Path folder, ClassDesc of, String name, MethodTypeDesc type, Consumer<CodeBuilder> body)
      throws IOException {
    String file = of.descriptorString().replaceAll("^L|;$", "") + ".class";
    Path mended = folder.resolve(file);
    Files.deleteIfExists(mended);
    byte[] original;
    try (var in = MendLuaJ.class.getClassLoader().getResourceAsStream(file)) {
      original = in.readAllBytes();
    }
    var classes = ClassFile.of();
    byte[] changed =
        classes.transformClass(
            classes.parse(original),
            (builder, element) -> {
              if (element instanceof MethodModel method
                  && method.methodName().equalsString(name)
                  && method.methodTypeSymbol().equals(type)) {
                builder.withMethodBody(name, type, method.flags().flagsMask(), body::accept);
              } else {
                builder.with(element);
              }
            });
    Files.createDirectories(mended.getParent());
    Files.write(mended, changed);
  }
}
