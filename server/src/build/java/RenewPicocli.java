import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.net.JarURLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.jar.JarFile;

/**
 * Writes the classes of picocli as those of Java 8, which a start-up cache of the JVM takes; as they are,
 * they are of Java 5. Nothing else is changed. The build runs this with picocli on the class path; the
 * renewed classes stand in the folder given.
 */
final class RenewPicocli {
  private static final String FOLDER = "picocli/";
  private static final int JAVA_8 = 52;

  private RenewPicocli() {}

  public static void main(String[] args) throws IOException {
    Map<String, byte[]> originals = originals();
    var hierarchy =
        ClassHierarchyResolver.ofResourceParsing(type -> {
              byte[] found = originals.get(path(type.descriptorString()));
              return found == null ? null : new ByteArrayInputStream(found);
            })
            .orElse(ClassHierarchyResolver.defaultResolver());
    var classes =
        ClassFile.of(
            StackMapsOption.GENERATE_STACK_MAPS, ClassHierarchyResolverOption.of(hierarchy));
    ClassTransform renew =
        ClassTransform.endHandler(builder -> builder.withVersion(JAVA_8, 0))
            .andThen(ClassTransform.transformingMethodBodies((code, element) -> code.with(element)));
    for (var original : originals.entrySet()) {
      byte[] renewed = classes.transformClass(classes.parse(original.getValue()), renew);
      var faults = classes.verify(renewed);
      if (!faults.isEmpty()) {
        throw new IOException(original.getKey() + ": " + faults.getFirst());
      }
      Path file = Path.of(args[0]).resolve(original.getKey());
      Files.createDirectories(file.getParent());
      Files.write(file, renewed);
    }
  }

  /** The classes as they are in picocli's jar, by their paths; those that are renewed may be on the class path, too. */
  private static Map<String, byte[]> originals() throws IOException {
    var found = new HashMap<String, byte[]>();
    var loader = RenewPicocli.class.getClassLoader();
    for (var place : Collections.list(loader.getResources(FOLDER + "CommandLine.class"))) {
      if (place.openConnection() instanceof JarURLConnection connection) {
        JarFile jar = connection.getJarFile();
        for (var entry : Collections.list(jar.entries())) {
          if (entry.getName().startsWith(FOLDER) && entry.getName().endsWith(".class")) {
            found.put(entry.getName(), jar.getInputStream(entry).readAllBytes());
          }
        }
      }
    }
    return found;
  }

  /** The path of a class with this descriptor. */
  private static String path(String descriptor) {
    return descriptor.substring(1, descriptor.length() - 1) + ".class";
  }
}
