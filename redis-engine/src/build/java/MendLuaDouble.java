import static java.lang.constant.ConstantDescs.CD_String;
import static java.lang.constant.ConstantDescs.CD_double;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.MethodModel;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Mends how LuaJ writes numbers: it does so as floats, Lua with 14 digits. The build runs this with
 * LuaJ on the class path; the mended class stands in the folder given, before that of LuaJ.
 */
final class MendLuaDouble {
  private static final String NAME = "org/luaj/vm2/LuaDouble.class";

  private MendLuaDouble() {}

  public static void main(String[] args) throws IOException {
    Path mended = Path.of(args[0]).resolve(NAME);
    Files.deleteIfExists(mended);
    byte[] original;
    try (var in = MendLuaDouble.class.getClassLoader().getResourceAsStream(NAME)) {
      original = in.readAllBytes();
    }
    var self = ClassDesc.of("org.luaj.vm2.LuaDouble");
    var text = ClassDesc.of("dev.larder.redis.engine.lua.LuaNumbers");
    var classes = ClassFile.of();
    byte[] changed =
        classes.transformClass(
            classes.parse(original),
            (builder, element) -> {
              if (element instanceof MethodModel method
                  && method.methodName().equalsString("tojstring")) {
                builder.withMethodBody(
                    "tojstring",
                    MethodTypeDesc.of(CD_String),
                    ClassFile.ACC_PUBLIC,
                    code ->
                        code.aload(0)
                            .getfield(self, "v", CD_double)
                            .invokestatic(text, "text", MethodTypeDesc.of(CD_String, CD_double))
                            .areturn());
              } else {
                builder.with(element);
              }
            });
    Files.createDirectories(mended.getParent());
    Files.write(mended, changed);
  }
}
