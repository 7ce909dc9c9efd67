package dev.larder.server.process;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;

/**
 * Whom the files of this process are for. Java can tell that of the files it makes itself, and
 * RocksDB, which makes those of the database, cannot be told; so the process says it of all.
 */
public final class Umask {
  private static final Logger LOG = System.getLogger(Umask.class.getName());

  /** Nothing for the group, and nothing for others. */
  private static final int OWNER_ONLY = 0077;

  private Umask() {}

  /** From now on files are made for their owner only; does nothing where there is no POSIX. */
  @SuppressWarnings("restricted") // the jar is allowed it, as the database needs it too
  public static void ownerOnly() {
    Linker linker = Linker.nativeLinker();
    linker
        .defaultLookup()
        .find("umask")
        .ifPresent(umask -> {
          var type = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
          try {
            int _ = (int) linker.downcallHandle(umask, type).invokeExact(OWNER_ONLY);
          } catch (Throwable e) {
            LOG.log(Level.WARNING, "others may be able to read files of this process: {0}", e);
          }
        });
  }
}
