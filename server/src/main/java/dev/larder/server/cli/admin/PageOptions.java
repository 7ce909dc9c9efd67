package dev.larder.server.cli.admin;

import picocli.CommandLine.Option;

/** Which page of what is stored is listed. */
final class PageOptions {
  @Option(
      names = "--limit",
      paramLabel = "NUMBER",
      defaultValue = "20",
      description = "How many, up to 500. Default: ${DEFAULT-VALUE}.")
  private String limit = "";

  @Option(names = "--cursor", paramLabel = "CURSOR", description = "Where the page before ended.")
  private String cursor = "";

  /** The most rows, as it was given: the server checks it. */
  String limit() {
    return limit;
  }

  /** Where the page before ended; empty for the first one. */
  String cursor() {
    return cursor;
  }
}
