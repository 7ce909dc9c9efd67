package dev.larder.server.cli.admin;

import picocli.CommandLine;

/** The commands that ask a running server. */
public final class AdminCommands {
  private AdminCommands() {}

  /** Adds them to a command line. */
  public static void addTo(CommandLine larder) {
    larder
        .addSubcommand(new TopCommand())
        .addSubcommand(new EventsCommand())
        .addSubcommand(new ExplainCommand())
        .addSubcommand(new EntriesCommand())
        .addSubcommand(new TagsCommand())
        .addSubcommand(new InvalidationsCommand())
        .addSubcommand(new InstancesCommand())
        .addSubcommand(new LeasesCommand())
        .addSubcommand(new BuildsCommand())
        .addSubcommand(new NamespacesCommand())
        .addSubcommand(new InvalidateCommand())
        .addSubcommand(new PurgeCommand())
        .addSubcommand(new DoctorCommand())
        .addSubcommand(new BackupCommand())
        .addSubcommand(new CompletionCommand());
  }
}
