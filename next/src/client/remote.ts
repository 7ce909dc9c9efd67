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
import { pause } from '../runtime/turn.js';
import { unattended } from '../runtime/unattended.js';
import { HttpTransport } from '../transport/http-transport.js';
import { NoTransport } from '../transport/no-transport.js';
import { SocketTransport } from '../transport/socket-transport.js';
import {
  answerTo,
  LinkFailure,
  type Listener,
  type Patience,
  type Transport,
} from '../transport/transport.js';
import {
  NO_LEASE,
  type Answer,
  type AsOf,
  type Frame,
  type Identity,
  type Report,
  type Request,
} from '../wire/frame.js';
import { cut } from '../wire/label.js';
import { invalidate } from './invalidate.js';
import { Leases } from './leases.js';
import {
  HELD,
  isHeld,
  isRefreshed,
  missed,
  MOVED,
  verified,
  type Lookup,
  type RemoteOptions,
} from './lookup.js';
import { Puts, type PutListener } from './puts.js';

/** Milliseconds a waiting lookup may exceed its budget by before the server is not believed. */
const GRACE = 250;

/** Milliseconds for what nobody waits for. */
const UNHURRIED = 5000;

/*
 * A lookup is asked twice when somebody else generates.
 *
 * From outside, an answer the server holds back looks like an answer it fails to give, and the two
 * deserve very different patience. So the first LOOKUP never waits: it must be answered within the
 * timeout, and MISS without a lease says that somebody else holds it. Only then a second LOOKUP
 * goes out that may wait, for as long as the link shows life.
 */

/** Who is told what the server says unasked. */
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
 * The server, asked with bounded patience.
 *
 * Nothing here throws or hangs because of it, except `invalidate`, which throws rather than lose an
 * invalidation.
 */
export class Remote implements Source {
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #transport: Transport;
  readonly #log: Log;
  readonly #ledger: Ledger;
  readonly #refreshes: CircuitBreaker;
  readonly #lookups: CircuitBreaker;
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
    this.#log = log;
    this.#ledger = ledger;
    this.#clock = clock;
    this.#identity = identityOf(settings);
    this.#refreshes = new CircuitBreaker(clock);
    this.#lookups = new CircuitBreaker(clock);
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
   * Looks `key` up for a reader with these soft tags, and tells `found` once; it never fails.
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
    const began = this.#clock();
    this.#lookOnce(key, softTags, 0, options, (first) => {
      if (!isHeld(first) && !(options.freshOnly && isRefreshed(first))) return found(first);
      this.#lookOn(key, softTags, options, first, began + options.wait).then(found, (error) =>
        found(missed(String(error), false, false)),
      );
    });
  }

  /**
   * Looks on for what somebody else generates: asks once more and waits, elsewhere when that server
   * goes away; and again at intervals, which grow to a quarter of a second, for a reader that takes
   * no stale entry.
   *
   * @param meanwhile what there is when the time is up
   * @param deadline on this process' clock
   */
  async #lookOn(
    key: Key,
    softTags: readonly string[],
    options: RemoteOptions,
    meanwhile: Lookup,
    deadline: number,
  ): Promise<Lookup> {
    const asked = this.#clock();
    let found = meanwhile;
    for (let left = options.wait; left > 0 && isHeld(found); left = deadline - this.#clock()) {
      found = await this.#lookAgain(key, softTags, Math.ceil(left), options);
      if (found.state !== 'miss' || found.reason !== MOVED) break;
      // Whoever leads is heard of through another server as well.
      await this.#transport.moved(deadline - this.#clock());
      found = missed(HELD);
    }
    for (let rest = 20; options.freshOnly && isRefreshed(found); rest *= 1.5) {
      const left = deadline - this.#clock();
      if (left <= 0) break;
      await pause(Math.min(rest, left, 250));
      found = await this.#lookAgain(key, softTags, 0, options);
    }
    return options.wait > 0 ? { ...found, waited: this.#clock() - asked } : found;
  }

  /**
   * Asks what happened since what is known; `heard` is told once: nothing, without an answer in
   * time. Three that are late in a row have the next ones go without asking for a second each
   * (`CircuitBreaker`).
   */
  refresh(heard: (refresh: Refresh | undefined) => void): void {
    const known = this.#ledger.known;
    const asked = this.#clock();
    this.#ask(
      { operation: 'REFRESH', known },
      { breaker: this.#refreshes, patience: () => this.#inTime },
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

  /** Says who this process is, and what only it knows; a server of version 1 is not told. */
  report(report: Report): void {
    this.#identify();
    this.#transport.tell({ operation: 'REPORT', ...report });
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

  /**
   * Tells `listener` the answer to something that must be answered within the timeout, or why there
   * is none. When the server ends in the middle of it, another one is asked, in half the time at
   * least.
   */
  #ask(
    request: Request,
    asked: Asked,
    listener: (heard: Answer | string) => void,
    again = false,
  ): void {
    const { breaker, held = false, patience } = asked;
    if (!this.#transport.usable) {
      const turned = (ready: boolean): void =>
        ready ? this.#ask(request, asked, listener, again) : listener(UNCONNECTED);
      return unattended(this.#transport.ready().then(turned), this.#log);
    }
    if (!breaker.allows()) return listener('the server is too slow');
    this.#send(request, patience(), (heard) => {
      if (!(heard instanceof Error)) {
        breaker.succeeded();
        return listener(heard);
      }
      const reason = heard instanceof LinkFailure ? heard.reason : undefined;
      if (reason === 'late') breaker.failed();
      if (reason === 'lost' && !again && !held) return this.#ask(request, asked, listener, true);
      const moved = reason === 'moved' || (reason === 'lost' && held);
      listener(moved ? MOVED : heard.message);
    });
  }

  /** Sends a request; what cannot be sent is not answered either. */
  #send(request: Request, patience: Patience, listener: (heard: Answer | Error) => void): void {
    try {
      this.#transport.ask(request, patience, listener);
    } catch (error) {
      listener(error as Error);
    }
  }

  /** The patience with what must be answered within the timeout. */
  get #inTime(): Patience {
    const { timeout } = this.#transport;
    return { turns: timeout, most: timeout * 5 };
  }

  /** Looks once more for what somebody else generates. */
  #lookAgain(
    key: Key,
    softTags: readonly string[],
    waitBudget: number,
    options: RemoteOptions,
  ): Promise<Lookup> {
    return new Promise((resolve) => this.#lookOnce(key, softTags, waitBudget, options, resolve));
  }

  /** Looks once, for what there is or, with a budget, for what comes in time. */
  #lookOnce(
    key: Key,
    softTags: readonly string[],
    waitBudget: number,
    options: RemoteOptions,
    found: (lookup: Lookup) => void,
  ): void {
    const held = waitBudget > 0;
    const asked = this.#clock();
    const late = (answer: Answer): void => this.#tooLate(key, answer);
    const gaveUp = (lookup: number): void => this.#transport.tell({ operation: 'CANCEL', lookup });
    const patience = (): Patience =>
      held
        ? { turns: Infinity, most: waitBudget + GRACE, late, gaveUp }
        : { ...this.#inTime, late };
    this.#ask(
      { operation: 'LOOKUP', key: key.bytes, softTags, leaseWanted: true, waitBudget },
      { breaker: this.#lookups, held, patience },
      (heard) =>
        found(
          typeof heard === 'string'
            ? missed(heard, false, false)
            : this.#read(key, heard, held ? this.#clock() : asked, options),
        ),
    );
  }

  /**
   * What an answer says: with an entry, if its bytes are undamaged.
   *
   * @param from the moment the age of the entry counts from
   */
  #read(key: Key, answer: Answer, from: number, { generation, suffices }: RemoteOptions): Lookup {
    const { operation } = answer;
    if (operation === 'ERROR') return missed(answer.message, false, false);
    if (operation !== 'FRESH' && operation !== 'STALE' && operation !== 'MISS') {
      return missed(`answered with ${operation}`, false, false);
    }
    const lease = operation === 'FRESH' ? NO_LEASE : answer.lease;
    const leased = lease !== NO_LEASE;
    if (leased) this.#leases.granted(key, lease, generation);
    if (operation === 'MISS') return missed(leased ? 'nothing usable stored' : HELD, leased);
    const entry = verified(key, answer.current, answer.entry, from);
    if (!entry) return missed('the entry arrived damaged', leased);
    if (operation === 'STALE' && !suffices(entry))
      return { state: 'stale', leased, entry, waited: 0 };
    if (leased) this.release(key);
    return { state: 'fresh', leased: false, entry, waited: 0 };
  }

  /** Gives back a lease that was granted to a caller who has gone. */
  #tooLate(key: Key, answer: Answer): void {
    if (answer.operation !== 'MISS' && answer.operation !== 'STALE') return;
    if (answer.lease === NO_LEASE) return;
    this.#transport.tell({ operation: 'RELEASE', key: key.bytes, lease: answer.lease });
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

type Parts = [name: string, listener: Listener, log: Log, clock: Clock];

/** How something is asked. */
interface Asked {
  readonly breaker: CircuitBreaker;
  /** Whether the server may keep the answer to itself for a while. */
  readonly held?: boolean;
  readonly patience: () => Patience;
}

const UNCONNECTED = 'no connection';
