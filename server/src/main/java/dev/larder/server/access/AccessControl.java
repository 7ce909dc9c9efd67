package dev.larder.server.access;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import dev.larder.core.spi.StoreException;
import dev.larder.server.events.EventLog;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The one place that decides who may do what: for both transports, the JSON API, Redis over HTTP
 * and whatever else a server answers. Tokens may change at any time; who holds a connection is
 * asked again when they do.
 *
 * <p>Safe for use by many threads. Three kinds of rights are told apart: everybody's on a server
 * without tokens, those of the server's own two tokens, which last as long as the process, and
 * those of {@link Tokens}, which may be revoked. An answer to a request is decided once; a
 * connection that lasts is registered with {@link #hold}.
 */
public final class AccessControl {
  /** How often {@link #check} is to be called, in ms. */
  public static final long CHECK_INTERVAL = 1000;

  private static final Logger LOG = System.getLogger(AccessControl.class.getName());

  /** SHA-256 of the token; the token itself is not kept. */
  private final Optional<byte[]> serverToken;

  private final Optional<byte[]> redisReadToken;
  private final Optional<Tokens> kept;
  private final InstantSource clock;
  private final Refusals refusals;
  private final Optional<LastUsed> lastUsed;
  private final LoginSessions sessions;
  private final LoginAttempts attempts;
  private final HeldRights held = new HeldRights();

  private final Executor executor;

  /** Whether what is kept is being asked. */
  private final AtomicBoolean asking = new AtomicBoolean();

  /**
   * By id; replaced as a whole when they have changed. None: the store was never asked with
   * success.
   */
  private volatile Optional<Map<String, Token>> tokens;

  /**
   * Decides by a server's own tokens and those that are kept.
   *
   * <p>Those of a file are known at once. A store may be away when a server starts: until it has
   * answered, whoever presents one of them is refused as by a store that is away.
   *
   * @param serverToken who presents it may do everything
   * @param redisReadToken who presents it may read keys of Redis over HTTP
   * @param kept further tokens; without them and without {@code serverToken}, everybody may do
   *     everything
   * @param clock by which tokens expire
   * @param events is told who was refused
   * @param executor where what has changed is taken over, one after the other
   * @throws InvalidValueException if a file of tokens is not as it must be
   */
  public AccessControl(
      Optional<String> serverToken,
      Optional<String> redisReadToken,
      Optional<Tokens> kept,
      InstantSource clock,
      EventLog events,
      Executor executor) {
    this.serverToken = serverToken.map(Secret::sha256);
    this.redisReadToken = redisReadToken.map(Secret::sha256);
    this.kept = kept;
    this.executor = executor;
    this.clock = clock;
    this.refusals = new Refusals(clock, events);
    this.lastUsed = kept.map(each -> new LastUsed(each.used(), clock));
    this.sessions = new LoginSessions(clock, new SecureRandom());
    this.attempts = new LoginAttempts(clock);
    this.tokens =
        kept.isEmpty()
            ? Optional.of(Map.of())
            : kept.filter(Tokens::isInFile).map(Tokens::read).map(AccessControl::byId);
    if (kept.filter(Tokens::isReadByOthers).isPresent()) {
      LOG.log(
          Level.WARNING,
          "everybody on this machine may read {0}; ''chmod 600'' ends that",
          kept.get().where());
    }
  }

  /** Whether everybody may do everything. */
  public boolean isOpen() {
    return serverToken.isEmpty() && kept.isEmpty();
  }

  /**
   * How many requests were refused so far, by why: {@code unknown} had no token of use, and that of
   * {@code forbidden} did not suffice.
   */
  public Map<String, LongAdder> refused() {
    return refusals.counted();
  }

  /** Whether it is known what the tokens are; without, only the server's own are of use. */
  public boolean isReady() {
    return tokens.isPresent();
  }

  /**
   * Who asks; none if there is no telling, because there is no token, or one of no use.
   *
   * <p>A token that has expired, or whose secret is not the one of its id, is of no use.
   *
   * @param presented the token the request came with
   * @param from says the address it came from, for the log
   * @throws StoreException if it may be a token of the store, which has not answered yet
   */
  public Optional<Principal> identify(Optional<String> presented, Supplier<String> from) {
    Optional<Principal> principal = principal(presented.orElse(""));
    if (principal.isEmpty()) {
      refusals.unknown(presented.flatMap(Secret::parse).map(Secret::id), from.get());
    }
    noteUse(principal);
    return principal;
  }

  /** What became of signing in. */
  public sealed interface Login {
    /**
     * Whoever presents the session from now on is that principal.
     *
     * @param session an id that nobody guesses, in characters a cookie may have
     */
    record Opened(Principal principal, String session) implements Login {}

    /** There is no telling who it is. */
    record Unknown() implements Login {}

    /**
     * Too many have failed from there.
     *
     * @param seconds in how many one may try again
     */
    record TooMany(long seconds) implements Login {}
  }

  /**
   * Opens a session of a browser, by a token. Five times a minute one may fail from an address.
   *
   * @param presented the token
   * @param from the address it came from
   */
  public Login signIn(String presented, String from) {
    OptionalLong wait = attempts.wait(from);
    if (wait.isPresent()) {
      return new Login.TooMany(wait.getAsLong());
    }
    Optional<Principal> principal = identify(Optional.of(presented), () -> from);
    if (principal.isEmpty()) {
      attempts.failed(from);
      return new Login.Unknown();
    }
    String session = sessions.open(principal.get());
    Runnable ofToken = hold(principal.get(), () -> sessions.end(session));
    sessions.onEnd(session, ofToken);
    return new Login.Opened(principal.get(), session);
  }

  /** Ends a session, and whatever is held with it. */
  public void signOut(String session) {
    sessions.end(session);
  }

  /**
   * Who has opened a session, and uses it; none if it has ended, or its token is of no use any
   * more.
   *
   * @param from says the address the request came from, for the log
   */
  public Optional<Principal> identifySession(String session, Supplier<String> from) {
    Optional<Principal> principal =
        sessions.use(session).filter(each -> Principal.BUILT_IN.contains(each) || isCurrent(each));
    if (principal.isEmpty()) {
      refusals.unknown(Optional.empty(), from.get());
    }
    noteUse(principal);
    return principal;
  }

  /**
   * Runs {@code ended} once a session has ended, for whatever reason; at once if it has.
   *
   * @return ends that
   */
  public Runnable holdSession(String session, Runnable ended) {
    return sessions.onEnd(session, ended);
  }

  /**
   * Why somebody may not do something; none if it may.
   *
   * <p>The role is looked at before the namespace.
   *
   * @param namespace where; none for what is about all of them
   * @param from says the address the request came from, for the log
   * @return a sentence for people, without a secret
   */
  public Optional<String> refusal(
      Principal principal,
      Permission permission,
      Optional<Namespace> namespace,
      Supplier<String> from) {
    Optional<String> why = Optional.empty();
    if (!principal.may(permission)) {
      why =
          Optional.of(
              "token %s has the role '%s', which may not %s"
                  .formatted(principal.id(), principal.role().label(), words(permission)));
    } else if (namespace.filter(where -> !principal.in(where)).isPresent()) {
      why =
          Optional.of(
              "token %s is not for namespace '%s'"
                  .formatted(principal.id(), namespace.get().name()));
    }
    why.ifPresent(sentence -> refusals.forbidden(principal.id(), sentence, namespace, from.get()));
    return why;
  }

  /**
   * Why somebody who may invalidate may not do so with these tags; none if it may.
   *
   * @param from says the address the request came from, for the log
   * @return a sentence for people that names the first tag
   */
  public Optional<String> refusalOfTags(
      Principal principal, List<String> tags, Namespace namespace, Supplier<String> from) {
    String prefix = principal.tagPrefix();
    return tags.stream()
        .filter(tag -> !tag.startsWith(prefix))
        .findFirst()
        .map(tag -> {
          // The tag is not logged: whoever asks would have a line for each.
          String why =
              "token %s only invalidates tags that begin with '%s'"
                  .formatted(principal.id(), prefix);
          refusals.forbidden(principal.id(), why, Optional.of(namespace), from.get());
          return "%s, and not '%s'".formatted(why, InvalidValueException.shortened(tag));
        });
  }

  /**
   * Runs {@code revoked} once a principal is no longer what it was: its token was revoked, has
   * expired, or gives other rights.
   *
   * @return ends that
   */
  public Runnable hold(Principal principal, Runnable revoked) {
    if (Principal.BUILT_IN.contains(principal)) {
      return () -> {};
    }
    return held.hold(principal, revoked);
  }

  /**
   * Takes over what has changed, and ends what is held without a right. Tokens that cannot be read,
   * or are not as they must be, change nothing, and are told about once: those that were known
   * remain for as long as it takes, and expire when they do.
   *
   * <p>{@code revoked} of {@link #hold} runs where what has changed is taken over.
   */
  public void check() {
    kept.filter(each -> !asking.getAndSet(true))
        .ifPresent(each -> {
          var _ =
              each.changed()
                  .whenCompleteAsync(
                      (changed, failure) -> {
                        asking.set(false);
                        Optional.ofNullable(failure).ifPresent(this::remain);
                        Optional.ofNullable(changed).flatMap(all -> all).ifPresent(this::take);
                        held.end(this::isCurrent);
                      },
                      executor);
        });
    held.end(this::isCurrent);
    sessions.endIdle();
    lastUsed.ifPresent(each -> {
      held.forEach(holder -> each.used(holder.id()));
      tokens.ifPresent(known -> each.save(known.keySet()));
    });
  }

  private void take(List<Token> changed) {
    tokens = Optional.of(byId(changed));
    LOG.log(Level.INFO, "{0} tokens are known now", changed.size());
  }

  private void remain(Throwable failure) {
    Throwable why =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    LOG.log(
        Level.ERROR,
        "{0}; the tokens that were known before remain{1}",
        why.getMessage(),
        isReady() ? "" : ", which are none");
  }

  /**
   * Whether the token still gives exactly this right: a changed role ends what is held as a
   * revocation does.
   */
  private boolean isCurrent(Principal principal) {
    return tokens
        .map(known -> known.get(principal.id()))
        .filter(token -> !token.expired(clock.instant()) && token.principal().equals(principal))
        .isPresent();
  }

  private void noteUse(Optional<Principal> principal) {
    principal
        .filter(each -> !Principal.BUILT_IN.contains(each))
        .ifPresent(each -> lastUsed.ifPresent(uses -> uses.used(each.id())));
  }

  private Optional<Principal> principal(String given) {
    if (isOpen() && redisReadToken.isEmpty()) {
      // Nothing is compared with what was given.
      return Optional.of(Principal.OPEN);
    }
    byte[] hash = Secret.sha256(given);
    // All are compared, so that the time it takes says nothing about any.
    boolean server = isSame(serverToken, hash);
    boolean redisReader = isSame(redisReadToken, hash);
    if (redisReader) {
      return Optional.of(Principal.REDIS_READER);
    }
    if (server) {
      return Optional.of(Principal.SERVER);
    }
    if (isOpen()) {
      return Optional.of(Principal.OPEN);
    }
    Optional<Secret> secret = Secret.parse(given);
    Map<String, Token> known =
        secret.isEmpty() ? Map.of() : tokens.orElseThrow(AccessControl::unknown);
    return secret
        .map(each -> known.get(each.id()))
        .filter(token -> isSame(Optional.of(HexFormat.of().parseHex(token.hash())), hash))
        .filter(token -> !token.expired(clock.instant()))
        .map(Token::principal);
  }

  private static StoreException unknown() {
    return new StoreException(
        "the tokens in the store are not known yet; the log of the server says why");
  }

  /** In a time that does not depend on where the two differ. */
  private static boolean isSame(Optional<byte[]> expected, byte[] given) {
    return expected.filter(hash -> MessageDigest.isEqual(hash, given)).isPresent();
  }

  private static Map<String, Token> byId(List<Token> tokens) {
    return tokens.stream().collect(Collectors.toUnmodifiableMap(Token::id, Function.identity()));
  }

  private static String words(Permission permission) {
    return switch (permission) {
      case INSPECT -> "see what is cached";
      case LOOK_UP -> "look entries up";
      case STORE -> "store entries";
      case INVALIDATE -> "invalidate";
      case METRICS -> "read metrics";
      case REDIS_READ -> "use Redis over HTTP";
      case REDIS -> "write with Redis over HTTP";
      case ADMINISTER -> "purge, delete or administer";
    };
  }
}
