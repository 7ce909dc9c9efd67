package dev.larder.server.cli;

import dev.larder.core.InvalidValueException;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/**
 * The secrets a server is given: from a file or a variable, or typed in where it starts. As an
 * argument everybody who lists processes reads them, and the server says so.
 *
 * <p>A file counts before a variable. Of both an argument and a file one is too many.
 */
final class SecretOptions {
  /** The largest file of a secret, in bytes. */
  private static final int MOST = 4096;

  /** What stands for the standard input, or the terminal. */
  private static final String INPUT = "-";

  /** What keeps the password of a store out of the list of processes. */
  static final String STORE_INSTEAD = "LARDER_STORE or --store-file";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  /**
   * The right of an administrator in every namespace, for whoever presents it; blank: no such
   * token.
   */
  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      defaultValue = "${env:LARDER_TOKEN}",
      description =
          "Token clients must present; also read from LARDER_TOKEN. Without one, all may.",
      showDefaultValue = Visibility.NEVER)
  private String token = "";

  /** Blank: no file. */
  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      defaultValue = "${env:LARDER_TOKEN_FILE}",
      description =
          "A file with the token of --token and nothing else; '-' is the standard input, and on a"
              + " terminal asks for it. Also read from LARDER_TOKEN_FILE.",
      showDefaultValue = Visibility.NEVER)
  private String tokenFile = "";

  /** Needs another token that may write, from which it must differ. */
  @Option(
      names = "--redis-read-token",
      paramLabel = "TOKEN",
      defaultValue = "${env:LARDER_REDIS_READ_TOKEN}",
      description =
          "Token of clients of Redis over HTTP that may only read keys they know; also read from"
              + " LARDER_REDIS_READ_TOKEN.",
      showDefaultValue = Visibility.NEVER)
  private String redisReadToken = "";

  /** Blank: no file. */
  @Option(
      names = "--redis-read-token-file",
      paramLabel = "FILE",
      defaultValue = "${env:LARDER_REDIS_READ_TOKEN_FILE}",
      description =
          "A file with the token of --redis-read-token and nothing else; also read from"
              + " LARDER_REDIS_READ_TOKEN_FILE.",
      showDefaultValue = Visibility.NEVER)
  private String redisReadTokenFile = "";

  /**
   * The server's own token; none if there is none. May ask for it on the terminal.
   *
   * @throws ParameterException if it is to be in a file that has none, or is given twice
   */
  Optional<String> token() {
    return secret(spec, "--token", token, "--token-file", tokenFile);
  }

  /**
   * The token of those who only read; none if there is none.
   *
   * @throws ParameterException as {@link #token}
   */
  Optional<String> redisReadToken() {
    return secret(
        spec, "--redis-read-token", redisReadToken, "--redis-read-token-file", redisReadTokenFile);
  }

  /**
   * Says which secrets everybody may read who lists the processes of this machine.
   *
   * @param store whether the password of the store is one
   */
  void warn(boolean store) {
    Map<String, String> seen = new LinkedHashMap<>();
    seen.put("--token", "LARDER_TOKEN or --token-file");
    seen.put("--redis-read-token", "LARDER_REDIS_READ_TOKEN or --redis-read-token-file");
    seen.keySet().removeIf(option -> !isArgument(spec, option));
    if (store) {
      seen.put("--store", STORE_INSTEAD);
    }
    seen.forEach((option, instead) -> warn(spec, option, instead));
  }

  /** Says that everybody may read the secret in an option who lists the processes. */
  static void warn(CommandSpec spec, String option, String instead) {
    PrintWriter err = spec.commandLine().getErr();
    err.printf(
        "larder: the secret in %s is in the list of processes; %s keeps it out of it%n",
        option, instead);
    err.flush();
  }

  /** Whether an option was given as an argument, to the command or the one below it. */
  static boolean isArgument(CommandSpec spec, String option) {
    for (ParseResult parsed = spec.commandLine().getParseResult();
        parsed != null;
        parsed = parsed.subcommand()) {
      if (parsed.hasMatchedOption(option)) {
        return true;
      }
    }
    return false;
  }

  /**
   * What is within its bounds.
   *
   * @throws ParameterException if it is not
   */
  static void check(CommandSpec spec, String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new ParameterException(
          spec.commandLine(),
          "Invalid value for option '%s': %d; expected %d to %d"
              .formatted(option, value, least, most));
    }
  }

  /**
   * A secret, from a file, an argument or a variable; none if there is none.
   *
   * @throws ParameterException if it is to be in a file that has none, or is given twice
   */
  static Optional<String> secret(
      CommandSpec spec, String argument, String given, String fileOption, String file) {
    Optional<String> named = ServeCommand.given(file);
    // What was said for this command counts before what was said for all.
    if (named.isEmpty() || (isArgument(spec, argument) && !isArgument(spec, fileOption))) {
      return ServeCommand.given(given);
    }
    if (isArgument(spec, argument)) {
      throw wrong(spec, "Expected %s or %s, not both".formatted(argument, fileOption));
    }
    String secret =
        (named.get().equals(INPUT) ? typed(spec, argument) : content(spec, fileOption, named.get()))
            .strip();
    if (secret.isEmpty()) {
      throw wrong(spec, "%s '%s' has no secret".formatted(fileOption, shown(named.get())));
    }
    return Optional.of(secret);
  }

  private static String content(CommandSpec spec, String option, String file) {
    try {
      Path path = Path.of(file);
      if (Files.size(path) <= MOST) {
        return Files.readString(path);
      }
      throw wrong(
          spec,
          "%s '%s' is larger than %d bytes; expected a file with the secret and nothing else"
              .formatted(option, shown(file), MOST));
    } catch (IOException | IllegalArgumentException e) {
      throw wrong(spec, "%s '%s' cannot be read: %s".formatted(option, shown(file), e));
    }
  }

  /** A line: at a terminal without being shown. */
  private static String typed(CommandSpec spec, String option) {
    Optional<Console> terminal = Optional.ofNullable(System.console()).filter(Console::isTerminal);
    if (terminal.isPresent()) {
      char[] secret = terminal.get().readPassword("%s: ", option);
      return secret == null ? "" : new String(secret);
    }
    try {
      var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      String line = input.readLine();
      return line == null ? "" : line;
    } catch (IOException e) {
      throw wrong(spec, "The standard input cannot be read: %s".formatted(e));
    }
  }

  private static String shown(String file) {
    return InvalidValueException.shortened(file);
  }

  private static ParameterException wrong(CommandSpec spec, String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
