import { keyFrom, type Key } from '../entry/key.js';
import type { Events } from '../events/events.js';
import type { Ledger, Refreshed } from '../near/ledger.js';
import type { Copy } from '../near/near-cache.js';
import type { Hot, Source } from '../near/warm.js';
import { CircuitBreaker } from '../runtime/circuit-breaker.js';
import type { Clock } from '../runtime/clock.js';
import { identityOf } from '../runtime/identity.js';
import type { Log } from '../runtime/log.js';
import type { Settings } from '../runtime/settings.js';
import { HttpTransport } from '../transport/http-transport.js';
import { NoTransport } from '../transport/no-transport.js';
import { SocketTransport } from '../transport/socket-transport.js';
import { answerTo, type LinkListener, type Transport } from '../transport/transport.js';
import type { Answer, AsOf, Frame, Identity, PathReads, Report, Request } from '../wire/frame.js';
import { cut } from '../wire/label.js';
import { invalidate } from './invalidate.js';
import { Leases } from './leases.js';
import { verified, type Lookup, type RemoteOptions } from './lookup.js';
import { Puts, type PutListener } from './puts.js';
import { RemoteLookups } from './remote-lookups.js';
import { Requester } from './requester.js';

/** Milliseconds for what nobody waits for. */
const UNHURRIED = 5000;

/** Called with what the server says unasked. */
export interface ServerListener {
  /**
   * A connection is open. Over HTTP: the server has answered for the first time, again, or
   * otherwise than before.
   *
   * @param known what was known when it was asked for; more may be known by now
   */
  opened(welcome: Frame<'WELCOME'>, known: AsOf): void;
  /** The connection was lost. Nothing is pushed until `opened`. */
  closed(): void;
  /** The server pushed an invalidation. */
  pushed(invalidation: Frame<'INVALIDATION'>): void;
  /** Nothing was sent for a while; what is asked now keeps the link alive. */
  idle(): void;
  /** A put was answered, or dropped without being sent. */
  readonly put: PutListener;
}

/** The answer to a REFRESH, and the moment it was asked for. */
export interface Refresh extends Refreshed {
  /** On this process' clock. Everything that had happened by then is in the answer. */
  readonly asked: number;
}

/**
 * The server, asked with bounded patience. `RemoteLookups` finds, `Puts` stores, `Leases` keeps what
 * this process generates alive, and `invalidate` makes an invalidation durable; here they share one
 * transport.
 *
 * Nothing here throws or hangs because of it, except `invalidate`, which throws rather than lose an
 * invalidation.
 */
export class Remote implements Source {
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #transport: Transport;
  readonly #ledger: Ledger;
  readonly #refreshes: CircuitBreaker;
  readonly #requester: Requester;
  readonly #lookups: RemoteLookups;
  readonly #leases: Leases;
  readonly #identity: Identity;
  /** What is on its way to the server. */
  readonly #puts: Puts;

  constructor(
    settings: Settings,
    listener: ServerListener,
    ledger: Ledger,
    events: Events,
    log: Log,
    clock: Clock,
  ) {
    this.#settings = settings;
    this.#ledger = ledger;
    this.#clock = clock;
    this.#identity = identityOf(settings);
    this.#refreshes = new CircuitBreaker(clock);
    this.#leases = new Leases(clock, (key, token) => this.#renew(key, token));
    this.#transport = wayTo(
      settings,
      this.#identity.client,
      {
        known: () => ledger.current,
        opened: (welcome, known) => {
          this.#leases.term = welcome.lease;
          this.#puts.frameLimit = welcome.frameLimit;
          if (settings.transport === 'websocket') this.#identify();
          listener.opened(welcome, known);
          return this.#leases.tend();
        },
        closed: () => listener.closed(),
        pushed: (invalidation) => listener.pushed(invalidation),
        idle: () => listener.idle(),
        turned: (state, reason) => events.tell({ type: 'connection', state, reason }),
      },
      log,
      clock,
    );
    this.#puts = new Puts(
      this.#transport,
      this.#leases,
      ledger,
      listener.put,
      this.#identity,
      settings.labels,
      log,
      clock,
    );
    this.#requester = new Requester(this.#transport, log);
    this.#lookups = new RemoteLookups(
      this.#transport,
      this.#requester,
      this.#leases,
      this.#puts,
      clock,
    );
  }

  /** The build this process runs; `''` where it is not known. */
  get build(): string {
    return this.#identity.build;
  }

  /** Whether a request sent now can expect an answer. */
  get usable(): boolean {
    return this.#transport.usable;
  }

  /** Connects, where a connection is kept and none was asked for yet. */
  greet(): void {
    this.#transport.greet();
  }

  /**
   * Looks `key` up for a reader with these soft tags, and calls `found` once; it never fails. See
   * `RemoteLookups`.
   *
   * @param options how long to wait for somebody else's generation, and what counts as fresh
   * @param found called later, or in this call
   */
  lookup(
    key: Key,
    softTags: readonly string[],
    options: RemoteOptions,
    found: (lookup: Lookup) => void,
  ): void {
    this.#lookups.lookup(key, softTags, options, found);
  }

  /**
   * Asks what happened since what is known; `heard` is called once: with nothing, without an answer
   * in time. Three that are late in a row have the next ones go without asking for a second each
   * (`CircuitBreaker`).
   */
  refresh(heard: (refresh: Refresh | undefined) => void): void {
    const known = this.#ledger.known;
    const asked = this.#clock();
    this.#requester.ask(
      { operation: 'REFRESH', known },
      { breaker: this.#refreshes, patience: () => this.#requester.inTime },
      (answer) => {
        const refreshed = typeof answer !== 'string' && answer.operation === 'REFRESHED';
        heard(refreshed ? { ...answer, asked } : undefined);
      },
    );
  }

  async hottest(count: number): Promise<readonly Hot[]> {
    const answer = await this.#query({ operation: 'HOTTEST', count });
    if (answer?.operation !== 'KEYS') return [];
    return answer.keys.map(({ key, size }) => ({ key: keyFrom(new Uint8Array(key)), size }));
  }

  async peek(key: Key): Promise<Copy | undefined> {
    const asked = this.#clock();
    const answer = await this.#query({
      operation: 'LOOKUP',
      key: key.bytes,
      softTags: [],
      leaseWanted: false,
      waitBudget: 0,
    });
    if (answer?.operation !== 'FRESH') return undefined;
    return verified(key, answer.current, answer.entry, asked);
  }

  /** Stores a copy, and ends the lease of its key: see `Puts.put`. */
  put(copy: Copy): Promise<void> {
    return this.#puts.put(copy);
  }

  /** What declines the lease of `key` that is held now, and no later one. */
  declineOf(key: Key): () => void {
    return this.#puts.declineOf(key);
  }

  /**
   * Ends the lease of `key`, if it is held here: there is nothing to share, and nobody is to wait.
   */
  decline(key: Key): void {
    this.#puts.decline(key);
  }

  /** Ends the lease of `key`, if this process holds it, so that somebody else generates. */
  release(key: Key): void {
    this.#puts.release(key);
  }

  /**
   * Invalidates entries that carry one of `tags`, at most as many as a frame holds: expired now for
   * `expire` 0, else stale now and expired after so many seconds.
   *
   * @returns the point in history that it is
   * @throws Unconfirmed when the server did not confirm it in time, `Refused` when it never will
   */
  invalidate(
    tags: readonly string[],
    expire: number,
    { action, path }: { readonly action: string; readonly path: string },
  ): Promise<AsOf> {
    const { instance } = this.#identity;
    const source = { action, path: this.#settings.labels ? cut(path) : '', instance };
    return invalidate(this.#transport, this.#settings, this.#clock, tags, expire, source);
  }

  /**
   * Says who this process is, what only it knows, and which paths were read most; a server of an
   * earlier version is sent of it what it knows.
   */
  report(report: Report, paths: readonly PathReads[]): void {
    this.#identify();
    this.#transport.tell({ operation: 'REPORT', ...report });
    if (paths.length > 0) this.#transport.tell({ operation: 'PATHS', paths });
  }

  #identify(): void {
    this.#transport.tell({ operation: 'IDENTIFY', ...this.#identity });
  }

  /** Closes the connection for good. */
  end(): void {
    this.#transport.end();
  }

  /** The answer to what nobody waits for, if there is one. */
  #query(request: Request): Promise<Answer | undefined> {
    const patience = { turns: UNHURRIED, most: UNHURRIED };
    return answerTo(request, patience, this.#transport).catch(() => undefined);
  }

  /** Renews a lease; done when that was answered, if ever. */
  #renew(key: Key, lease: bigint): Promise<void> {
    return new Promise((resolve) =>
      this.#transport.tell({ operation: 'RENEW', key: key.bytes, lease }, (answer) => {
        if (answer.operation === 'RENEWED' && !answer.held) this.#leases.lapsed(key, lease);
        resolve();
      }),
    );
  }
}

/** The way to the server that suits the settings. */
function wayTo(settings: Settings, ...rest: Parts): Transport {
  if (settings.urls.length === 0) return new NoTransport(rest[1]);
  return settings.transport === 'http'
    ? new HttpTransport(settings, ...rest)
    : new SocketTransport(settings, ...rest);
}

type Parts = [name: string, listener: LinkListener, log: Log, clock: Clock];
