package dev.larder.server.cli;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import dev.larder.core.spi.Store;
import dev.larder.core.spi.StoreProvider;
import dev.larder.server.access.Role;
import dev.larder.server.access.Secret;
import dev.larder.server.access.Token;
import dev.larder.server.access.Tokens;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * {@code larder token}: makes, lists, replaces and revokes the tokens of a file, or of a store that
 * servers share.
 *
 * <p>It changes a text and talks to no server: a server that has the same text looks at it again.
 * Of a new token the secret goes to the standard output, and everything for people to the standard
 * error, so that {@code TOKEN=$(larder token create ...)} holds the secret and nothing else.
 *
 * <p>Exit status: 0; 1 if there is no such token, the file or the store cannot be used or a value
 * is invalid; 2 for a wrong option.
 */
@Command(
    name = "token",
    description = {
      "Make, list, replace and revoke tokens.",
      "Running servers with the same --tokens follow within two seconds."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class TokenCommand {
  /** A whole number from 1 to 999999, and a unit: s, min as {@code m}, h or d. */
  private static final Pattern LASTING = Pattern.compile("([1-9][0-9]{0,5})([smhd])");

  private static final List<String> COLUMNS =
      List.of("ID", "NAME", "ROLE", "NAMESPACES", "CREATED", "EXPIRES", "LAST USED");

  @Spec private CommandSpec spec = CommandSpec.create();

  /** The word for the store, where a file may be named. */
  static final String STORE = "store";

  @Option(
      names = "--tokens",
      paramLabel = "FILE|store",
      defaultValue = "${env:LARDER_TOKENS:-.larder/tokens.json}",
      description =
          "The file, or 'store' for those in the --store, which is meant without it, too. Also read"
              + " from LARDER_TOKENS.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.ALWAYS,
      scope = ScopeType.INHERIT)
  private String named = "";

  @Mixin private StoreSettings store = new StoreSettings();

  /**
   * Adds a token. The secret is of 256 random bits and cannot be read back: only its hash is kept.
   */
  @Command(
      name = "create",
      description = {
        "Make a token, and print its secret.",
        "It is printed once: the file has only its SHA-256."
      },
      mixinStandardHelpOptions = true)
  int create(
      @Option(
              names = "--role",
              required = true,
              paramLabel = "ROLE",
              description =
                  "What it is for: read, write (an app), invalidate (a webhook), metrics, redis,"
                      + " redis-read or admin.")
          String role,
      @Option(
              names = "--namespace",
              paramLabel = "NAME",
              description = "Where it may be used; several times for several. None: everywhere.")
          List<String> namespaces,
      @Option(
              names = "--name",
              required = true,
              paramLabel = "NAME",
              description = "Whose it is, for people.")
          String name,
      @Option(
              names = "--tag-prefix",
              paramLabel = "PREFIX",
              defaultValue = "",
              description = "What the tags that it invalidates must begin with (role invalidate).")
          String tagPrefix,
      @Option(
              names = "--expires",
              paramLabel = "WHEN",
              description = "After how long it is of no use, such as 12h or 90d. Default: never.")
          String expires) {
    Secret secret = Secret.random(new SecureRandom());
    Instant now = now();
    var token =
        new Token(
            secret.id(),
            name,
            Role.of(role),
            namespaces(namespaces),
            tagPrefix,
            secret.hash(),
            now,
            Optional.ofNullable(expires).map(after -> now.plus(lasting("--expires", after))));
    update(before -> {
      var after = new ArrayList<Token>(before);
      after.add(token);
      return after;
    });
    shown(secret, token);
    return 0;
  }

  /**
   * Prints a table, in the order of the file. A file that is not there has no tokens. The star
   * stands for every namespace. The last use is to the hour, as servers that have the file say.
   */
  @Command(
      name = "list",
      description = "List the tokens, without their secrets.",
      mixinStandardHelpOptions = true)
  int list() {
    use(kept -> {
      List<Token> tokens = kept.readIfAny();
      Map<String, Instant> lastUsed = kept.lastUsed();
      PrintWriter out = spec.commandLine().getOut();
      out.printf("%s in %s%n", counted(tokens.size()), where());
      if (!tokens.isEmpty()) {
        var rows = new ArrayList<List<String>>();
        rows.add(COLUMNS);
        tokens.forEach(
            token -> rows.add(row(token, Optional.ofNullable(lastUsed.get(token.id())))));
        print(rows, out);
      }
      out.flush();
    });
    return 0;
  }

  private static String counted(int tokens) {
    return switch (tokens) {
      case 0 -> "No tokens";
      case 1 -> "1 token";
      default -> tokens + " tokens";
    };
  }

  /**
   * Adds a token with the name, the role, the namespaces, the tag prefix and the end of the old
   * one, and ends the old one after a while, if it does not end before.
   */
  @Command(
      name = "rotate",
      description = {
        "Make a token with the rights of another, which remains of use for a while.",
        "Give the new one to whoever has the old one, before that ends."
      },
      mixinStandardHelpOptions = true)
  int rotate(
      @Parameters(paramLabel = "ID", description = "The token to replace.") String id,
      @Option(
              names = "--keep",
              paramLabel = "WHEN",
              defaultValue = "24h",
              description = "How long the old one remains of use, such as 30m or 24h.",
              showDefaultValue = picocli.CommandLine.Help.Visibility.ALWAYS)
          String keep) {
    Secret secret = Secret.random(new SecureRandom());
    Duration remains = lasting("--keep", keep);
    Instant now = now();
    var made = new AtomicReference<Token>();
    update(before -> {
      Token old = one(before, id);
      made.set(
          new Token(
              secret.id(),
              old.name(),
              old.role(),
              old.namespaces(),
              old.tagPrefix(),
              secret.hash(),
              now,
              old.expires()));
      var after = new ArrayList<Token>();
      before.forEach(
          token -> after.add(token.id().equals(id) ? token.expiring(now.plus(remains)) : token));
      after.add(made.get());
      return after;
    });
    shown(secret, made.get());
    spec.commandLine()
        .getErr()
        .printf("Token %s remains of use until %s.%n", id, now.plus(remains));
    spec.commandLine().getErr().flush();
    return 0;
  }

  /** Takes a token out of the file. Servers notice when they look at the file next. */
  @Command(
      name = "revoke",
      description = "End a token: connections that were opened with it end within two seconds.",
      mixinStandardHelpOptions = true)
  int revoke(@Parameters(paramLabel = "ID", description = "The token to end.") String id) {
    update(before -> {
      Token ended = one(before, id);
      return before.stream().filter(token -> !token.equals(ended)).toList();
    });
    spec.commandLine().getOut().printf("Token %s is revoked.%n", id);
    spec.commandLine().getOut().flush();
    return 0;
  }

  private void update(UnaryOperator<List<Token>> change) {
    use(kept -> kept.update(change));
  }

  /** Opens what keeps the tokens, for as long as {@code work} takes. */
  private void use(Consumer<Tokens> work) {
    if (!isInStore()) {
      work.accept(Tokens.in(Path.of(named)));
      return;
    }
    if (store.isSeen()) {
      SecretOptions.warn(spec, "--store", SecretOptions.STORE_INSTEAD);
    }
    // What cannot be asked is said once, by the exception.
    Logger.getLogger("").setLevel(Level.OFF);
    String address = address();
    try (Store opened = StoreProvider.of(address).open(address, store.patient())) {
      work.accept(Tokens.in(opened));
    }
  }

  /** A store that is named for this command is meant, a variable for all commands is not. */
  private boolean isInStore() {
    if (store.isArgument() && SecretOptions.isArgument(spec, "--tokens") && !named.equals(STORE)) {
      throw new ParameterException(
          spec.commandLine(), "Expected --tokens FILE or --store, not both");
    }
    return named.equals(STORE) || store.isArgument();
  }

  private String address() {
    return store
        .address()
        .orElseThrow(() ->
            new ParameterException(
                spec.commandLine(),
                "--tokens store needs --store, in which they are; a file of that name is ./store"));
  }

  private String where() {
    return isInStore() ? "store " + StoreProvider.shown(address()) : named;
  }

  /** The secret goes where a script reads it, the words where people do. */
  private void shown(Secret secret, Token token) {
    PrintWriter words = spec.commandLine().getErr();
    words.printf(
        "Token %s for '%s', role %s, %s; its secret is shown once:%n",
        token.id(),
        token.name(),
        token.role().label(),
        token.namespaces().isEmpty() ? "every namespace" : "namespaces " + names(token));
    words.flush();
    PrintWriter out = spec.commandLine().getOut();
    out.println(secret.text());
    out.flush();
  }

  /**
   * The token of that id.
   *
   * @throws InvalidValueException if there is none
   */
  private static Token one(List<Token> tokens, String id) {
    return tokens.stream()
        .filter(token -> token.id().equals(id))
        .findFirst()
        .orElseThrow(() ->
            new InvalidValueException(
                "no token '%s'; 'larder token list' lists them"
                    .formatted(InvalidValueException.shortened(id))));
  }

  private static List<String> row(Token token, Optional<Instant> lastUsed) {
    return List.of(
        token.id(),
        token.name(),
        token.role().label() + (token.tagPrefix().isEmpty() ? "" : " " + token.tagPrefix() + "…"),
        token.namespaces().isEmpty() ? "*" : names(token),
        token.created().toString(),
        token.expires().map(Instant::toString).orElse("never"),
        lastUsed.map(Instant::toString).orElse("–"));
  }

  private static String names(Token token) {
    return token.namespaces().stream()
        .map(Namespace::name)
        .sorted()
        .collect(Collectors.joining(","));
  }

  /** Columns as wide as their widest cell, two blanks between them. */
  private static void print(List<List<String>> rows, PrintWriter out) {
    int[] widths = new int[COLUMNS.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      var line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
      }
      out.println(line.toString().stripTrailing());
    }
  }

  /** Empty, which means everywhere, if the option was not given. */
  private static Set<Namespace> namespaces(List<String> names) {
    var namespaces = new LinkedHashSet<Namespace>();
    Optional.ofNullable(names)
        .orElse(List.of())
        .forEach(name -> namespaces.add(new Namespace(name)));
    return namespaces;
  }

  /**
   * How long {@code 90s}, {@code 30m}, {@code 24h} or {@code 90d} is.
   *
   * @throws ParameterException for anything else
   */
  private Duration lasting(String option, String given) {
    Matcher parts = LASTING.matcher(given);
    if (!parts.matches()) {
      throw new ParameterException(
          spec.commandLine(),
          "Invalid value for option '%s': '%s'; expected such as 90s, 30m, 24h or 90d"
              .formatted(option, InvalidValueException.shortened(given)));
    }
    long number = Long.parseLong(parts.group(1));
    return switch (parts.group(2)) {
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      default -> Duration.ofDays(number);
    };
  }

  /** To the second: what is in the file is for people, too. */
  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS);
  }
}
