package dev.larder.server.cli;

import dev.larder.core.InvalidValueException;
import dev.larder.server.config.ServerConfig;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a server sends its metrics by itself. */
final class OtlpOptions {
  /** The variable of the environment with what requests carry, which is often a secret. */
  private static final String HEADERS = "LARDER_OTLP_HEADERS";

  private static final Pattern HEADER_NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

  /** Blank: nothing is sent. Picocli leaves it null where the variable is not set. */
  @Option(
      names = "--otlp",
      paramLabel = "URL",
      defaultValue = "${env:LARDER_OTLP}",
      description =
          "Send metrics to a collector of OpenTelemetry, such as http://localhost:4318, by OTLP"
              + " over HTTP. Also read from LARDER_OTLP; headers from LARDER_OTLP_HEADERS, as"
              + " NAME=VALUE,NAME=VALUE.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private @Nullable String collector;

  /**
   * What was given; none if metrics are not to be sent.
   *
   * @throws InvalidValueException if it is no address, or the headers are none
   */
  Optional<ServerConfig.Otlp> config() {
    return Optional.ofNullable(collector)
        .filter(text -> !text.isBlank())
        .map(text ->
            new ServerConfig.Otlp(
                address(text), headers(Optional.ofNullable(System.getenv(HEADERS)).orElse(""))));
  }

  private static URI address(String text) {
    try {
      var address = new URI(text.strip());
      boolean http = "http".equals(address.getScheme()) || "https".equals(address.getScheme());
      if (http
          && address.getHost() != null
          && address.getRawUserInfo() == null
          && address.getRawQuery() == null
          && address.getRawFragment() == null) {
        return address;
      }
      throw new InvalidValueException(
          "Invalid value for option '--otlp': expected http://HOST:PORT or https://HOST:PORT, with"
              + " a path if the collector is below one, and without user, query or fragment;"
              + " what authorizes belongs into "
              + HEADERS);
    } catch (URISyntaxException e) {
      throw new InvalidValueException(
          "Invalid value for option '--otlp': %s at character %d; expected http://HOST:PORT"
              .formatted(e.getReason(), e.getIndex()));
    }
  }

  /**
   * Headers from {@code NAME=VALUE,NAME=VALUE}.
   *
   * @throws InvalidValueException that names no value, as one may be a secret
   */
  static Map<String, String> headers(String text) {
    Map<String, String> headers = new LinkedHashMap<>();
    int number = 0;
    for (String each : text.split(",", -1)) {
      number++;
      int equals = each.indexOf('=');
      String name = equals < 0 ? "" : each.substring(0, equals).strip();
      String value = each.substring(equals + 1).strip();
      if (each.isBlank()) {
        continue;
      }
      boolean visible = value.chars().allMatch(c -> c >= ' ' && c < 0x7f);
      if (!HEADER_NAME.matcher(name).matches() || value.isEmpty() || !visible) {
        throw new InvalidValueException(
            "%s: header %d is none; expected NAME=VALUE,NAME=VALUE in visible ASCII"
                .formatted(HEADERS, number));
      }
      headers.put(name, value);
    }
    return Map.copyOf(headers);
  }
}
