package dev.larder.server.forward;

import dev.larder.core.InvalidValueException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Targets as they are named: {@code webhook:URL}, {@code cloudflare:ZONE}, {@code fastly:SERVICE},
 * {@code varnish:URL}. Their secrets come from the environment, or from files that it names.
 */
final class Targets {
  /** Ids of zones and services. */
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,64}");

  private static final String EXPECTED =
      "expected webhook:URL, cloudflare:ZONE, fastly:SERVICE or varnish:URL";

  private Targets() {}

  /**
   * The target of that name.
   *
   * @param environment has {@code LARDER_CLOUDFLARE_TOKEN}, {@code LARDER_FASTLY_KEY} and {@code
   *     LARDER_WEBHOOK_SECRET}, or the same with {@code _FILE}, and {@code LARDER_CLOUDFLARE_API}
   *     and {@code LARDER_FASTLY_API} where these are reached by another address
   * @throws InvalidValueException if there is none, or its secret is missing
   */
  static Target of(String named, Map<String, String> environment) {
    int colon = named.indexOf(':');
    String kind = colon < 0 ? named : named.substring(0, colon);
    String rest = named.substring(colon + 1);
    return switch (kind) {
      case "webhook" ->
          Webhook.at(
              url(named, rest),
              secret(environment, "LARDER_WEBHOOK_SECRET"),
              InstantSource.system());
      case "cloudflare" ->
          Cloudflare.zone(
              api(environment, "LARDER_CLOUDFLARE_API", "https://api.cloudflare.com/client/v4/"),
              id(named, rest),
              required(environment, "LARDER_CLOUDFLARE_TOKEN", named));
      case "fastly" ->
          Fastly.service(
              api(environment, "LARDER_FASTLY_API", "https://api.fastly.com/"),
              id(named, rest),
              required(environment, "LARDER_FASTLY_KEY", named));
      case "varnish" -> Varnish.at(url(named, rest));
      default -> throw wrong(kind);
    };
  }

  private static URI url(String named, String text) {
    try {
      URI url = URI.create(text);
      if (url.getHost() != null && text.matches("https?://.*") && url.getUserInfo() == null) {
        return url;
      }
    } catch (IllegalArgumentException e) {
      // Told below, as what it is.
    }
    throw wrong(named.substring(0, named.indexOf(':') + 1) + "…");
  }

  private static String id(String named, String text) {
    if (ID.matcher(text).matches()) {
      return text;
    }
    throw wrong(named);
  }

  private static URI api(Map<String, String> environment, String variable, String usual) {
    String given = environment.getOrDefault(variable, usual);
    return URI.create(given.endsWith("/") ? given : given + "/");
  }

  private static String required(Map<String, String> environment, String variable, String named) {
    return secret(environment, variable)
        .orElseThrow(() ->
            new InvalidValueException(
                "--forward %s without a secret; expected it in %s, or in the file that %s_FILE names"
                    .formatted(named, variable, variable)));
  }

  private static Optional<String> secret(Map<String, String> environment, String variable) {
    String file = environment.getOrDefault(variable + "_FILE", "");
    if (file.isBlank()) {
      return Optional.ofNullable(environment.get(variable)).filter(text -> !text.isBlank());
    }
    try {
      return Optional.of(Files.readString(Path.of(file)).strip()).filter(text -> !text.isEmpty());
    } catch (IOException e) {
      throw new InvalidValueException(
          "the file '%s' of %s_FILE cannot be read: %s".formatted(file, variable, e));
    }
  }

  private static InvalidValueException wrong(String given) {
    return new InvalidValueException(
        "--forward '%s'; %s".formatted(InvalidValueException.shortened(given), EXPECTED));
  }
}
