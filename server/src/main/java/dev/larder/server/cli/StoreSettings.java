package dev.larder.server.cli;

import dev.larder.core.spi.StoreProvider;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The store that servers share: where it is, and how it is asked.
 *
 * <p>Its address has a password as a rule, and so comes from a variable or a file. A file counts
 * before a variable. Of both an argument and a file one is too many.
 */
final class StoreSettings {
  private static final String STORE = "--store";
  private static final String STORE_FILE = "--store-file";
  private static final String TIMEOUT = "--redis-timeout";

  /** How long a command waits for an answer, in ms. */
  private static final long PATIENCE = 10_000;

  /** An address with a user, and so with a password. */
  private static final Pattern PASSWORD = Pattern.compile("[a-z-]+://[^@]*@.*");

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  /** Blank, as an empty variable leaves it: the store is embedded. */
  @Option(
      names = STORE,
      paramLabel = "ADDRESS",
      defaultValue = "${env:LARDER_STORE}",
      description =
          "A Redis or Valkey shared with other servers, in place of the data directory:"
              + " redis://[user:password@]host[:port][/database], rediss:// with TLS,"
              + " redis-sentinel://host,host#group, redis-cluster://host,host; also read from"
              + " LARDER_STORE.",
      showDefaultValue = Visibility.NEVER,
      scope = ScopeType.INHERIT)
  private String store = "";

  /** Blank: no file. */
  @Option(
      names = STORE_FILE,
      paramLabel = "FILE",
      defaultValue = "${env:LARDER_STORE_FILE}",
      description =
          "A file with the address of --store and nothing else; also read from LARDER_STORE_FILE.",
      showDefaultValue = Visibility.NEVER,
      scope = ScopeType.INHERIT)
  private String file = "";

  /** Of {@code WAIT} of Redis; 0 to 100. Of no meaning to an embedded store. */
  @Option(
      names = "--redis-wait-replicas",
      paramLabel = "N",
      defaultValue = "0",
      description = "How many replicas must have an invalidation before it is acknowledged.",
      scope = ScopeType.INHERIT)
  private int replicas;

  /** In ms, 10 to 60000. */
  @Option(
      names = TIMEOUT,
      paramLabel = "MS",
      defaultValue = "500",
      description = "How long a shared store may take for an answer; four times that for a value.",
      scope = ScopeType.INHERIT)
  private int timeout;

  /**
   * The address of the store; none if there is none.
   *
   * @throws ParameterException if it is to be in a file that has none, or is given twice
   */
  Optional<String> address() {
    return SecretOptions.secret(spec, STORE, store, STORE_FILE, file);
  }

  /** Whether somebody has named it for this command, and not for all by a variable. */
  boolean isArgument() {
    return SecretOptions.isArgument(spec, STORE) || SecretOptions.isArgument(spec, STORE_FILE);
  }

  /** Whether its password is in the list of processes. */
  boolean isSeen() {
    return SecretOptions.isArgument(spec, STORE) && PASSWORD.matcher(store).matches();
  }

  /**
   * The settings of a command, whose first answer takes a JVM that has just started, and for which
   * nobody but its caller waits: it is as patient as it may be, unless somebody says otherwise.
   *
   * @throws ParameterException if one is out of its bounds
   */
  StoreProvider.Options patient() {
    StoreProvider.Options given = options(1 << 20, 10_000, false);
    long millis = SecretOptions.isArgument(spec, TIMEOUT) ? given.timeoutMillis() : PATIENCE;
    return new StoreProvider.Options(1 << 20, given.replicas(), millis, 10_000, false);
  }

  /**
   * The settings of a server, once they are within their bounds.
   *
   * @throws ParameterException if one is not
   */
  StoreProvider.Options options(long memoryBytes, long leaseMillis, boolean outbox) {
    SecretOptions.check(spec, "--redis-wait-replicas", replicas, 0, 100);
    SecretOptions.check(spec, TIMEOUT, timeout, 10, 60_000);
    return new StoreProvider.Options(memoryBytes, replicas, timeout, leaseMillis, outbox);
  }
}
