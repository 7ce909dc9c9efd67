package dev.larder.server.cli;

import dev.larder.core.EarlyRefresh;
import dev.larder.core.InvalidValueException;
import dev.larder.core.TagSet;
import dev.larder.core.engine.Limits;
import dev.larder.core.spi.StoreProvider;
import dev.larder.redis.engine.data.Eviction;
import dev.larder.redis.engine.log.Fsync;
import dev.larder.server.LarderServer;
import dev.larder.server.access.Certificates;
import dev.larder.server.config.ServerConfig;
import dev.larder.server.config.ServerConfig.RedisScripts;
import dev.larder.server.forward.Forwarder;
import dev.larder.server.process.OutOfMemory;
import dev.larder.server.process.Umask;
import dev.larder.server.process.Version;
import dev.larder.server.store.StoreOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.logging.LogManager;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code larder serve}: runs the server until it is stopped.
 *
 * <p>An option comes from the command line, else from its environment variable, else from its
 * default. A secret should come from the environment: whoever may list processes sees the command
 * line.
 *
 * <p>It starts in this order: logging, options, permissions of files, the server. One line on the
 * standard output then says the address, with the port that was chosen for {@code --port 0}, and is
 * what a script may wait for. A signal that ends the process drains the server first.
 *
 * <p>Exit status: 1 if it cannot start, 2 for an option that is wrong; after a signal that of the
 * JVM, 128 and the number of the signal. Without a token it listens on a loopback address only,
 * unless {@code --insecure-no-token} is given.
 *
 * <p>The bounds of numbers are in {@link #config}. Sizes are given in MiB and kept in bytes; 0
 * stands for a share of the heap wherever a default depends on it.
 */
@Command(
    name = "serve",
    description = "Run the server in the foreground.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    showDefaultValues = true)
final class ServeCommand implements Callable<Integer> {
  private static final int MIB = 1 << 20;

  /** A name of a host. */
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

  /** How long a build that has ended is kept, in s. */
  private static final int LEAST_KEPT = 60;

  private static final int MOST_KEPT = 31_536_000;
  private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");

  @Spec private CommandSpec spec = CommandSpec.create();

  /** A name or an address; one that is not loopback needs a token. */
  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description = "Address to listen on.")
  private String host = "";

  /** 0 to 65535. */
  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "7400",
      description = "Port to listen on; 0 lets the system choose.")
  private int port;

  /** Of no meaning with {@code --store}. */
  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = ".larder/data",
      description = "Data directory; created if missing.")
  private Path data = Path.of("");

  @Mixin private StoreSettings store = new StoreSettings();

  @Mixin private SecretOptions secrets = new SecretOptions();

  /**
   * Blank: none. A file that is named must exist when the server starts; {@code store} is the one
   * that servers share.
   */
  @Option(
      names = "--tokens",
      paramLabel = "FILE|store",
      defaultValue = "${env:LARDER_TOKENS}",
      description =
          "File of further tokens, each for a role and for namespaces, or 'store' for those in the"
              + " --store; 'larder token' changes them, and the server follows. Also read from"
              + " LARDER_TOKENS.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private String tokens = "";

  /** Blank: no TLS. */
  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      defaultValue = "${env:LARDER_TLS_CERT}",
      description =
          "Certificate to show, in PEM, with those that signed it after it. With --tls-key the server"
              + " speaks HTTPS only; both files are read again when they change. Also read from LARDER_TLS_CERT.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private String certificate = "";

  /** Blank: no TLS. One of the two without the other is an error. */
  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      defaultValue = "${env:LARDER_TLS_KEY}",
      description = "Private key of the certificate, in PEM. Also read from LARDER_TLS_KEY.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private String key = "";

  /** Blank: clients need no certificate. */
  @Option(
      names = "--tls-client-ca",
      paramLabel = "FILE",
      defaultValue = "${env:LARDER_TLS_CLIENT_CA}",
      description =
          "Authority, in PEM, that must have signed the certificate of every client; beside that, a"
              + " token is asked for as ever. Also read from LARDER_TLS_CLIENT_CA.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private String clientAuthority = "";

  /** In MiB, up to 1 TiB. */
  @Option(
      names = "--redis-memory",
      paramLabel = "MIB",
      defaultValue = "0",
      description =
          "MiB that the databases of all namespaces may take in memory together, of Redis over"
              + " HTTP; 0 is an eighth of the heap. --redis-eviction says what happens when they are"
              + " full.")
  private int redisMemory;

  /** The words of {@code maxmemory-policy} of Redis, with their meaning there. */
  @Option(
      names = "--redis-eviction",
      paramLabel = "POLICY",
      defaultValue = "noeviction",
      description =
          "What is removed when the databases of Redis over HTTP are full: 'noeviction' nothing, what"
              + " would take more is refused; 'volatile-lru' keys with a TTL, 'allkeys-lru' any"
              + " keys, those unused for longest first. With --store, that store decides.")
  private String redisEviction = "";

  /** In MiB, 1 to 512. */
  @Option(
      names = "--redis-max-request",
      paramLabel = "MIB",
      defaultValue = "10",
      description = "Largest request of Redis over HTTP, in MiB.")
  private int redisMaxRequest;

  /** The words of {@code appendfsync} of Redis, with their meaning there. */
  @Option(
      names = "--redis-fsync",
      paramLabel = "WHEN",
      defaultValue = "everysec",
      description =
          "When the disk has what a database of Redis over HTTP acknowledged: 'always' before it is"
              + " acknowledged, 'everysec' once a second, 'no' when the operating system wants to."
              + " The end of the process alone loses nothing. With --store, that store decides.")
  private String redisFsync = "";

  /** What is refused is answered with {@code NOPERM}. */
  @Option(
      names = "--redis-scripts",
      paramLabel = "WHICH",
      defaultValue = "all",
      description =
          "Which Lua scripts clients of Redis over HTTP may run: 'all', 'known' for those of"
              + " @upstash/ratelimit and @upstash/lock only, or 'off'.")
  private String redisScripts = "";

  /** Checked before anything starts; empty: nobody is told. */
  @Option(
      names = "--forward",
      paramLabel = "TARGET",
      split = ",",
      defaultValue = "${env:LARDER_FORWARD}",
      description =
          "A CDN in front that is told what was invalidated: webhook:URL, cloudflare:ZONE,"
              + " fastly:SERVICE or varnish:URL; several with commas between them, or several times."
              + " Also read from LARDER_FORWARD.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private List<String> forward = List.of();

  /** Names without a port; empty: none. */
  @Option(
      names = "--public-host",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "${env:LARDER_PUBLIC_HOST}",
      description =
          "A name by which browsers reach the dashboard, beside localhost and addresses; several"
              + " with commas between them, or several times. Also read from LARDER_PUBLIC_HOST.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private List<String> publicHosts = List.of();

  /** Somebody must say it, so that no server is open by mistake. */
  @Option(
      names = "--insecure-no-token",
      description =
          "Listen without a token on an address that other machines reach: whoever reaches it may"
              + " read and write everything.")
  private boolean insecure;

  /** In MiB, up to 1 TiB. */
  @Option(
      names = "--memory",
      paramLabel = "MIB",
      defaultValue = "0",
      description = "MiB of entries to keep in memory; 0 is a quarter of the heap.")
  private int memory;

  /** In MiB, from 16. A volume that has less room gives less. */
  @Option(
      names = "--disk",
      paramLabel = "MIB",
      defaultValue = "4096",
      description = "MiB of entries to keep on disk; those used least go first.")
  private int disk;

  /** Of the embedded store; a shared one decides by itself. */
  @Option(
      names = "--fsync",
      paramLabel = "WHEN",
      defaultValue = "always",
      description =
          "When an invalidation is acknowledged: 'always' once the disk has it, so that it survives"
              + " a power failure; 'never' once the operating system has it, so that it survives"
              + " the end of the process only.")
  private String fsync = "";

  /** In MiB, up to 1024. */
  @Option(
      names = "--max-value",
      paramLabel = "MIB",
      defaultValue = "0",
      description =
          "Largest value of an entry, in MiB; 0 is 32, or a sixteenth of the heap if that is less.")
  private int maxValue;

  /** 1 to a million. One more is refused. */
  @Option(
      names = "--max-namespaces",
      paramLabel = "N",
      defaultValue = "1000",
      description = "How many namespaces may exist.")
  private int maxNamespaces;

  /**
   * 1 to a million; one more is answered with 503. Streams of events have the same bound of their
   * own.
   */
  @Option(
      names = "--max-connections",
      paramLabel = "N",
      defaultValue = "10000",
      description = "How many WebSocket connections may be open.")
  private int maxConnections;

  /** 1 to ten million. */
  @Option(
      names = "--max-waiting",
      paramLabel = "N",
      defaultValue = "20000",
      description = "How many lookups of a namespace may wait for somebody else's entry.")
  private int maxWaiting;

  /** At least as many as one invalidation may have. */
  @Option(
      names = "--ledger-tags",
      paramLabel = "N",
      defaultValue = "200000",
      description =
          "How many invalidated tags a namespace remembers before it forgets the oldest; fewer if"
              + " those of all namespaces take more than an eighth of the heap.")
  private int ledgerTags;

  /** In ms, 100 to 60000; sent to clients in the handshake. */
  @Option(
      names = "--heartbeat",
      paramLabel = "MS",
      defaultValue = "2000",
      description = "How often a client must be heard from; three times silent, it is gone.")
  private int heartbeat;

  /** In s, 1 to 3600; kept in ms. */
  @Option(
      names = "--lease",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "How long a lease lasts unless its holder renews it.")
  private int lease;

  /** From 0 to half. */
  @Option(
      names = "--early-refresh",
      paramLabel = "SHARE",
      defaultValue = "${env:LARDER_EARLY_REFRESH:-0.1}",
      description =
          "Regenerate an entry in that last part of its revalidate, before it is stale; 0 is never.")
  private double earlyRefresh;

  /** In s, from a minute to a year, or {@code forever}. */
  @Option(
      names = "--keep-builds",
      paramLabel = "SECONDS",
      defaultValue = "${env:LARDER_KEEP_BUILDS:-3600}",
      description =
          "How long entries are kept that only one build of an app can read, once no process of it"
              + " runs and another build does; 'forever' leaves them until their time is over. Also"
              + " read from LARDER_KEEP_BUILDS.")
  private String keepBuilds = "";

  @Mixin private final OtlpOptions otlp = new OtlpOptions();

  /**
   * Runs until the process is told to stop. The thread waits; the hook of the JVM closes the
   * server.
   */
  @Override
  public Integer call() throws InterruptedException, IOException {
    OutOfMemory.guardThreads();
    configureLogging();
    ServerConfig config = config();
    if (config.store() instanceof ServerConfig.Embedded) {
      Umask.ownerOnly();
    }
    secrets.warn(store.isSeen());
    LarderServer server;
    try {
      server = LarderServer.start(config);
    } catch (CompletionException e) {
      throw new IllegalStateException(why(e, config), e);
    }
    var stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("larder-shutdown")
                .unstarted(() -> {
                  server.close();
                  stopped.countDown();
                }));
    say(config, server.port());
    stopped.await();
    return 0;
  }

  /** Says where it listens; without a format, whose locale would be the last thing to load. */
  private void say(ServerConfig config, int port) {
    String scheme = config.http().tls().isPresent() ? "https" : "http";
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        "larder "
            + Version.current()
            + " listens on "
            + scheme
            + "://"
            + config.http().host()
            + ":"
            + port
            + ", "
            + config.store().shown());
    out.flush();
  }

  /**
   * What is configured by these options, and by the environment.
   *
   * @throws ParameterException as {@code larder serve} with them would
   */
  static ServerConfig configured(String... options) {
    var serve = new ServeCommand();
    new CommandLine(serve).parseArgs(options);
    return serve.config();
  }

  /**
   * Checks what was given, and makes a configuration of it.
   *
   * @throws ParameterException if something is out of its bounds, or contradicts something else
   */
  private ServerConfig config() {
    check("--port", port, 0, 65_535);
    check("--memory", memory, 0, 1 << 20);
    check("--max-value", maxValue, 0, 1024);
    check("--disk", disk, 16, 1 << 24);
    check("--max-namespaces", maxNamespaces, 1, 1_000_000);
    check("--max-connections", maxConnections, 1, 1_000_000);
    check("--max-waiting", maxWaiting, 1, 10_000_000);
    check("--ledger-tags", ledgerTags, TagSet.MAX_TAGS, 100_000_000);
    check("--heartbeat", heartbeat, 100, 60_000);
    check("--lease", lease, 1, 3600);
    check("--redis-memory", redisMemory, 0, 1 << 20);
    check("--redis-max-request", redisMaxRequest, 1, 512);
    ServerConfig.StoreConfig kept = storeConfig();
    ServerConfig.Access access = access(kept);
    if (access.token().isEmpty()
        && access.tokens().isEmpty()
        && !insecure
        && !ServerConfig.isLoopback(host)) {
      throw new ParameterException(
          spec.commandLine(),
          ("Other machines reach '%s', and there is no token: whoever reaches it could read and"
                  + " write everything. Expected --tokens, --token-file or LARDER_TOKEN, --host 127.0.0.1, or"
                  + " --insecure-no-token if that is what you want")
              .formatted(host));
    }
    ServerConfig defaults = ServerConfig.of(data);
    return new ServerConfig(
        new ServerConfig.Http(host, port, maxConnections, heartbeat, tls(), publicHosts()),
        access,
        kept,
        new ServerConfig.Redis(
            redisMaxRequest * MIB,
            redisMemory == 0 ? defaults.redis().memoryBytes() : (long) redisMemory * MIB,
            redisEviction(),
            redisFsync(),
            redisScripts()),
        new ServerConfig.Capacity(
            maxValue == 0 ? defaults.limits().maxValueBytes() : maxValue * MIB,
            maxNamespaces,
            new Limits(
                ledgerTags,
                lease * 1000L,
                maxWaiting,
                Limits.MAX_LISTED,
                ServerConfig.ledgerMemory(),
                earlyRefresh()),
            keepBuilds()),
        otlp(),
        forward());
  }

  /** When entries are regenerated that are still fresh. */
  private EarlyRefresh earlyRefresh() {
    try {
      return new EarlyRefresh(earlyRefresh);
    } catch (InvalidValueException e) {
      throw new ParameterException(
          spec.commandLine(),
          "Invalid value for option '--early-refresh': '%s'; expected a share from 0 to %s"
              .formatted(earlyRefresh, EarlyRefresh.MAX_SHARE),
          e);
    }
  }

  /** How long what a build left behind is kept; empty: until its time is over. */
  private Optional<Duration> keepBuilds() {
    if (keepBuilds.equals("forever")) {
      return Optional.empty();
    }
    int seconds = SECONDS.matcher(keepBuilds).matches() ? Integer.parseInt(keepBuilds) : 0;
    if (seconds < LEAST_KEPT || seconds > MOST_KEPT) {
      throw invalid(
          "--keep-builds",
          keepBuilds,
          "%d to %d seconds, or 'forever'".formatted(LEAST_KEPT, MOST_KEPT));
    }
    return Optional.of(Duration.ofSeconds(seconds));
  }

  /** Where metrics are sent; none where they are only shown. */
  private Optional<ServerConfig.Otlp> otlp() {
    try {
      return otlp.config();
    } catch (InvalidValueException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  /**
   * The targets, each of which is one.
   *
   * @throws ParameterException if one is not, or its secret is missing
   */
  private List<String> forward() {
    List<String> targets = several(forward);
    try {
      Forwarder.check(targets, System.getenv());
    } catch (InvalidValueException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
    }
    return targets;
  }

  /** What an option was given that takes several; picocli leaves null where it was not. */
  private static List<String> several(List<String> option) {
    return Optional.ofNullable(option).orElse(List.of()).stream()
        .filter(Objects::nonNull)
        .map(String::strip)
        .filter(text -> !text.isEmpty())
        .toList();
  }

  /** In lower case, as what a browser sends is compared. */
  private Set<String> publicHosts() {
    Set<String> names =
        several(publicHosts).stream()
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(Collectors.toSet());
    for (String name : names) {
      if (!NAME.matcher(name).matches()) {
        throw invalid("--public-host", name, "a name such as larder.example.com, without a port");
      }
    }
    return names;
  }

  /** The files of TLS; none where the server speaks HTTP. */
  private Optional<Certificates.Paths> tls() {
    Optional<Path> shown = path(certificate);
    Optional<Path> secret = path(key);
    Optional<Path> authority = path(clientAuthority);
    if (shown.isPresent() != secret.isPresent() || (authority.isPresent() && shown.isEmpty())) {
      throw new ParameterException(
          spec.commandLine(),
          "Expected --tls-cert and --tls-key together%s"
              .formatted(authority.isPresent() ? " with --tls-client-ca" : ""));
    }
    return shown.map(path -> new Certificates.Paths(path, secret.orElseThrow(), authority));
  }

  /** What an option names; none where it was not given. */
  private static Optional<Path> path(String named) {
    return given(named).map(Path::of);
  }

  /** What an option was given; none where it was not, or a blank. */
  static Optional<String> given(String option) {
    return Optional.ofNullable(option).filter(text -> !text.isBlank());
  }

  /** Who may ask. Picocli leaves an option null whose variable is not set. */
  private ServerConfig.Access access(ServerConfig.StoreConfig store) {
    Optional<String> all = secrets.token();
    Optional<String> read = secrets.redisReadToken();
    if (read.isPresent() && (all.isEmpty() || all.equals(read))) {
      throw new ParameterException(
          spec.commandLine(),
          "A token to read with, and %s; expected another one in --token or LARDER_TOKEN"
              .formatted(all.isEmpty() ? "none to write with" : "the same one to write with"));
    }
    return new ServerConfig.Access(all, given(tokens).map(named -> tokens(named, store)), read);
  }

  private ServerConfig.KeptTokens tokens(String named, ServerConfig.StoreConfig store) {
    if (!named.equals(TokenCommand.STORE)) {
      return new ServerConfig.TokenFile(Path.of(named));
    }
    if (store instanceof ServerConfig.Shared) {
      return new ServerConfig.StoredTokens();
    }
    throw new ParameterException(
        spec.commandLine(),
        "--tokens store needs --store, in which they are; a file of that name is ./store");
  }

  private ServerConfig.StoreConfig storeConfig() {
    long memoryBytes =
        memory == 0
            ? Math.max(32L << 20, Runtime.getRuntime().maxMemory() / 4)
            : (long) memory * MIB;
    boolean outbox = !several(forward).isEmpty();
    StoreProvider.Options shared = store.options(memoryBytes, lease * 1000L, outbox);
    Optional<String> address = store.address();
    return address.isPresent()
        ? new ServerConfig.Shared(address.get(), shared)
        : new ServerConfig.Embedded(
            data, new StoreOptions(memoryBytes, (long) disk * MIB, fsync(), outbox));
  }

  private StoreOptions.Fsync fsync() {
    return switch (fsync) {
      case "always" -> StoreOptions.Fsync.ALWAYS;
      case "never" -> StoreOptions.Fsync.NEVER;
      default -> throw invalid("--fsync", fsync, "'always' or 'never'");
    };
  }

  private Eviction redisEviction() {
    return switch (redisEviction) {
      case "noeviction" -> Eviction.NONE;
      case "volatile-lru" -> Eviction.VOLATILE_KEYS;
      case "allkeys-lru" -> Eviction.ALL_KEYS;
      default ->
          throw invalid(
              "--redis-eviction", redisEviction, "'noeviction', 'volatile-lru' or 'allkeys-lru'");
    };
  }

  private Fsync redisFsync() {
    return switch (redisFsync) {
      case "always" -> Fsync.ALWAYS;
      case "everysec" -> Fsync.EVERY_SECOND;
      case "no" -> Fsync.NEVER;
      default -> throw invalid("--redis-fsync", redisFsync, "'always', 'everysec' or 'no'");
    };
  }

  private RedisScripts redisScripts() {
    return switch (redisScripts) {
      case "all" -> RedisScripts.ALL;
      case "known" -> RedisScripts.KNOWN;
      case "off" -> RedisScripts.OFF;
      default -> throw invalid("--redis-scripts", redisScripts, "'all', 'known' or 'off'");
    };
  }

  private ParameterException invalid(String option, String value, String expected) {
    return new ParameterException(
        spec.commandLine(),
        "Invalid value for option '%s': '%s'; expected %s".formatted(option, value, expected));
  }

  private void check(String option, int value, int least, int most) {
    SecretOptions.check(spec, option, value, least, most);
  }

  /** Why the server could not start, in a sentence with a remedy where there is one. */
  private static String why(CompletionException failure, ServerConfig config) {
    Throwable cause = failure.getCause() == null ? failure : failure.getCause();
    String said = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    return switch (cause) {
      case UnknownHostException e -> cannotListen(config, "no such address: " + said);
      case IOException e -> cannotListen(config, said);
      case UnresolvedAddressException e -> cannotListen(config, "no such address");
      default -> "cannot start: " + said;
    };
  }

  private static String cannotListen(ServerConfig config, String why) {
    return "cannot listen on %s:%d: %s; choose another address with --host or --port"
        .formatted(config.http().host(), config.http().port(), why);
  }

  /** Sends what is logged where the server's log goes. */
  static void configureLogging() throws IOException {
    try (var configuration =
        ServeCommand.class.getResourceAsStream("/dev/larder/server/logging.properties")) {
      LogManager.getLogManager().readConfiguration(configuration);
    }
  }
}
