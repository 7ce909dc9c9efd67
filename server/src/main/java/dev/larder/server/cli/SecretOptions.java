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
import java.util.regex.Pattern;
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

  /** An address with a user, and so with a password. */
  private static final Pattern PASSWORD = Pattern.compile("[a-z-]+://[^@]*@.*");

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
    return secret("--token", token, "--token-file", tokenFile);
  }

  /**
   * The token of those who only read; none if there is none.
   *
   * @throws ParameterException as {@link #token}
   */
  Optional<String> redisReadToken() {
    return secret(
        "--redis-read-token", redisReadToken, "--redis-read-token-file", redisReadTokenFile);
  }

  /** Says which secrets everybody may read who lists the processes of this machine. */
  void warn() {
    Map<String, String> better = new LinkedHashMap<>();
    better.put("--token", "LARDER_TOKEN or --token-file");
    better.put("--redis-read-token", "LARDER_REDIS_READ_TOKEN or --redis-read-token-file");
    better.put("--store", "LARDER_STORE");
    PrintWriter err = spec.commandLine().getErr();
    better.forEach((option, instead) -> {
      if (isSeen(option)) {
        err.printf(
            "larder: the secret in %s is in the list of processes; %s keeps it out of it%n",
            option, instead);
      }
    });
    err.flush();
  }

  private boolean isSeen(String option) {
    ParseResult parsed = spec.commandLine().getParseResult();
    return parsed.hasMatchedOption(option)
        && (!option.equals("--store")
            || PASSWORD.matcher(parsed.matchedOptionValue(option, "")).matches());
  }

  private Optional<String> secret(String argument, String given, String fileOption, String file) {
    Optional<String> named = ServeCommand.given(file);
    if (named.isEmpty()) {
      return ServeCommand.given(given);
    }
    ParseResult parsed = spec.commandLine().getParseResult();
    if (parsed.hasMatchedOption(argument) && parsed.hasMatchedOption(fileOption)) {
      throw wrong("Expected %s or %s, not both".formatted(argument, fileOption));
    }
    String secret =
        (named.get().equals(INPUT) ? typed() : content(fileOption, named.get())).strip();
    if (secret.isEmpty()) {
      throw wrong("%s '%s' has no secret".formatted(fileOption, shown(named.get())));
    }
    return Optional.of(secret);
  }

  private String content(String option, String file) {
    try {
      Path path = Path.of(file);
      if (Files.size(path) <= MOST) {
        return Files.readString(path);
      }
      throw wrong(
          "%s '%s' is larger than %d bytes; expected a file with the secret and nothing else"
              .formatted(option, shown(file), MOST));
    } catch (IOException | IllegalArgumentException e) {
      throw wrong("%s '%s' cannot be read: %s".formatted(option, shown(file), e));
    }
  }

  /** A line: at a terminal without being shown. */
  private String typed() {
    Optional<Console> terminal = Optional.ofNullable(System.console()).filter(Console::isTerminal);
    if (terminal.isPresent()) {
      char[] secret = terminal.get().readPassword("Token of the server: ");
      return secret == null ? "" : new String(secret);
    }
    try {
      var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      String line = input.readLine();
      return line == null ? "" : line;
    } catch (IOException e) {
      throw wrong("The standard input cannot be read: %s".formatted(e));
    }
  }

  private static String shown(String file) {
    return InvalidValueException.shortened(file);
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
