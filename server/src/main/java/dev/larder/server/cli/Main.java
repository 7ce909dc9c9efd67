package dev.larder.server.cli;

import dev.larder.server.cli.admin.AdminCommands;
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
    versionProvider = Main.Version.class)
public final class Main implements Runnable {
  private static final String SERVE = "serve";
  private static final String TRAIN = "train";

  @Spec private CommandSpec spec = CommandSpec.create();

  private Main() {}

  /**
   * Runs one command and exits: 0 done, 1 failed, 2 bad usage; of commands that ask a server also 3
   * without one, 4 if it does not allow that, 5 if it is unhealthy.
   */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** The exit status. */
  private static int run(String... arguments) {
    return commands(arguments.length == 0 ? "" : arguments[0])
        .setExecutionExceptionHandler((failure, command, parsed) -> {
          command.getErr().println("larder: " + failure.getMessage());
          return 1;
        })
        .execute(arguments);
  }

  /**
   * The commands, as far as they are needed: a server that starts does not load what others do, nor
   * does the run by which its start is trained.
   *
   * @param asked the command that was asked for; another one: all
   */
  private static CommandLine commands(String asked) {
    var larder = new CommandLine(new Main()).addSubcommand(new ServeCommand());
    if (asked.equals(TRAIN)) {
      larder.addSubcommand(new TrainCommand());
    } else if (!asked.equals(SERVE)) {
      larder.addSubcommand(new TokenCommand()).addSubcommand(new RestoreCommand());
      AdminCommands.addTo(larder);
    }
    return larder;
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
