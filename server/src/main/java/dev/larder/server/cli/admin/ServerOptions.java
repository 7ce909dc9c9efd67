package dev.larder.server.cli.admin;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Option;

/**
 * Which server is asked, with which token. Both come from the environment the app has, so that a
 * command beside it needs no option.
 */
final class ServerOptions {
  @Option(
      names = "--url",
      paramLabel = "URL",
      defaultValue = "${env:LARDER_URL:-http://127.0.0.1:7400}",
      showDefaultValue = Visibility.ALWAYS,
      description = "The server; also read from LARDER_URL. Of several, the first is asked.")
  private String url = "";

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      description =
          "The token, which whoever lists processes can see: better use LARDER_TOKEN or"
              + " --token-file.")
  private @Nullable String token;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      defaultValue = "${env:LARDER_TOKEN_FILE}",
      description = "A file with the token; also read from LARDER_TOKEN_FILE.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      defaultValue = "${env:LARDER_CA}",
      description =
          "The authority that signed the certificate of the server, in PEM, where it is an own one;"
              + " also read from LARDER_CA.")
  private @Nullable Path authority;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help message and exit.")
  @SuppressWarnings("UnusedVariable") // picocli looks at the option itself
  private boolean help;

  /**
   * The address of the server.
   *
   * @throws Failure if it is none
   */
  URI address() {
    String first = url.split(",", 2)[0].strip();
    try {
      URI address = URI.create(first);
      if (address.getHost() != null && first.matches("https?://.*")) {
        String text = address.toString();
        return URI.create(text.endsWith("/") ? text : text + "/");
      }
    } catch (IllegalArgumentException e) {
      // Told below, as what it is.
    }
    throw new Failure(
        Failure.USAGE,
        "'%s' is no address of a server; expected such as http://127.0.0.1:7400, by --url or LARDER_URL"
            .formatted(first));
  }

  /** True if the secret stands where whoever lists processes sees it. */
  boolean isTokenSeen() {
    return token != null;
  }

  /**
   * The token, if there is one.
   *
   * @throws Failure if it is to be in a file that cannot be read
   */
  Optional<String> token() {
    if (token != null) {
      return Optional.of(token);
    }
    if (tokenFile == null || tokenFile.toString().isEmpty()) {
      return Optional.ofNullable(System.getenv("LARDER_TOKEN")).filter(text -> !text.isBlank());
    }
    try {
      return Optional.of(Files.readString(tokenFile).strip());
    } catch (IOException e) {
      throw new Failure(
          Failure.USAGE,
          "the token file '%s' cannot be read; expected a file with the token and nothing else"
              .formatted(tokenFile));
    }
  }

  /** The file of an own authority, if there is one. */
  Optional<Path> authority() {
    return Optional.ofNullable(authority).filter(path -> !path.toString().isEmpty());
  }
}
