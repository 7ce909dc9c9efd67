package dev.larder.server.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The command line of Larder.
 *
 * <p>Without a command it is bad usage. A failure is one line on the standard error, without a
 * stack trace: {@code larder: ...}.
 */
@Command(
    name = "larder",
    description = "The shared cache for fleets of Next.js instances.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = {ServeCommand.class, TokenCommand.class, TrainCommand.class})
public final class Main implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  private Main() {}

  /** Runs one command and exits: 0 done, 1 failed, 2 bad usage. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** The exit status: 0, 1 or 2. */
  private static int run(String... arguments) {
    return new CommandLine(new Main())
        .setExecutionExceptionHandler((failure, command, parsed) -> {
          command.getErr().println("larder: " + failure.getMessage());
          return 1;
        })
        .execute(arguments);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Name a command, such as 'serve'.");
  }

  /**
   * The version of this build.
   *
   * <p>For {@code --version}, of this and of every other command.
   */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"larder " + dev.larder.server.process.Version.current()};
    }
  }
}
