import { CircuitBreaker } from '../runtime/circuit-breaker.js';
import type { Clock } from '../runtime/clock.js';
import type { Events } from '../events/events.js';
import { HttpTransport } from '../transport/http-transport.js';
import { keyFrom, type Key } from '../entry/key.js';
import { Leases } from './leases.js';
import { SocketTransport } from '../transport/socket-transport.js';
import { sayOnce, type Log } from '../runtime/log.js';
import type { Ledger, Refreshed } from '../near/ledger.js';
import type { Copy } from '../near/near-cache.js';
import type { Hot, Source } from '../near/warm.js';
import { NoTransport, UNNAMED } from '../transport/no-transport.js';
import type { Settings } from '../runtime/settings.js';
import {
  answerTo,
  LinkFailure,
  type Listener,
  type Patience,
  type Transport,
} from '../transport/transport.js';
import { pause } from '../runtime/turn.js';
import { unattended } from '../runtime/unattended.js';
import { VERSION } from '../runtime/version.js';
import {
  NO_LEASE,
  UNKNOWN,
  type Answer,
  type AsOf,
  type Content,
  type Entry,
  type ErrorName,
  type Frame,
  type Outcome,
  type Request,
} from '../wire/frame.js';
import { LIMITS } from '../wire/limits.js';
import { fitEntry } from '../wire/tag-list.js';
import { checksumOf, sizeOf } from '../wire/value.js';

/** Milliseconds a waiting lookup may exceed its budget by before the server is not believed. */
const GRACE = 250;

/** Milliseconds after which a put that found no connection is not worth sending any more. */
const STALE_CARGO = 10_000;

/** Milliseconds for one attempt at an invalidation, at least, and for all of them. */
const ATTEMPT = 1500;
const ATTEMPTS = 5000;

/** Milliseconds for what nobody waits for. */
const UNHURRIED = 5000;

/** Bytes by which the limit of a frame exceeds the limit of a value. */
const BESIDE_VALUE = 8 << 20;

/** Bytes of memory a put takes beside its value and its tags, roughly, while it waits. */
const BESIDE_TAGS = 1024;

const FINAL: ReadonlySet<ErrorName> = new Set([
  'malformed',
  'unknown-operation',
  'invalid-value',
  'too-large',
]);

/**
 * The outcome of a lookup. `leased` means that this process is the one to generate: it ends that
 * with `put` or `release`. `waited`: milliseconds spent on somebody else's generation.
 */
export type Lookup =
  | {
      readonly state: 'fresh';
      readonly leased: false;
      readonly entry: Copy;
      readonly waited: number;
    }
  | {
      readonly state: 'stale';
      readonly leased: boolean;
      readonly entry: Copy;
      readonly waited: number;
    }
  | {
      readonly state: 'miss';
      readonly leased: boolean;
      /** Whether the server said so; otherwise it was not asked, or did not answer. */
      readonly answered: boolean;
      readonly reason: string;
      readonly waited: number;
    };

/** An invalidation that was not confirmed in time. */
export class Unconfirmed extends Error {
  override readonly name = 'Unconfirmed';
}

/** An invalidation the server refuses, however often it is sent. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** What a lookup may do beside looking. */
export interface LookupOptions {
  /** Milliseconds to wait for another process' generation when there is nothing to serve. */
  readonly wait: number;
  /** Whether a stale entry that another process regenerates is nothing to serve. */
  readonly freshOnly: boolean;
  /** Milliseconds for which a lease granted here is kept alive. */
  readonly generation: number;
  /** Seconds for which an entry is fresh for this reader, where that is longer than the entry says. */
  readonly revalidate?: number | undefined;
}

/** What a lookup on the server may do beside looking. */
export interface RemoteOptions extends LookupOptions {
  /** Whether an entry the server calls stale is fresh for this reader. */
  readonly suffices: (entry: Copy) => boolean;
}

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
  /** A connection is open. */
  opened(welcome: Frame<'WELCOME'>, known: AsOf): void;
  /** The connection was lost. */
  closed(): void;
  /** The server pushed an invalidation. */
  pushed(invalidation: Frame<'INVALIDATION'>): void;
  /** Nothing was sent for a while; what is asked now keeps the link alive. */
  idle(): void;
  /** A put was answered, or dropped without being sent. */
  put(key: Key, outcome: PutOutcome, reason: string): void;
}

/** What became of a put: the server's outcome, not sent, or answered with an error. */
export type PutOutcome = Outcome | 'refused';

/** The answer to a REFRESH, and the moment it was asked for. */
export interface Refresh extends Refreshed {
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
  readonly #link: Transport;
  readonly #listener: ServerListener;
  readonly #log: Log;
  readonly #ledger: Ledger;
  readonly #refreshes: CircuitBreaker;
  readonly #lookups: CircuitBreaker;
  readonly #leases: Leases;
  #frameLimit = 0;

  constructor(
    settings: Settings,
    listener: ServerListener,
    ledger: Ledger,
    events: Events,
    log: Log,
    clock: Clock,
  ) {
    this.#settings = settings;
    this.#listener = listener;
    this.#log = log;
    this.#ledger = ledger;
    this.#clock = clock;
    this.#refreshes = new CircuitBreaker(clock);
    this.#lookups = new CircuitBreaker(clock);
    this.#leases = new Leases(clock, (key, token) => this.#renew(key, token));
    this.#link = wayTo(
      settings,
      `@larder/next ${VERSION}`,
      {
        known: () => ledger.current,
        opened: (welcome, known) => {
          this.#leases.term = welcome.lease;
          this.#frameLimit = welcome.frameLimit;
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
  }

  /** Whether a request sent now can expect an answer. */
  get usable(): boolean {
    return this.#link.usable;
  }

  /** Connects, where a connection is kept and none was asked for yet. */
  greet(): void {
    this.#link.greet();
  }

  /** Looks `key` up for a reader with these soft tags, and tells `found` once; it never fails. */
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

  /** Looks on for what somebody else generates; `found` is what there is meanwhile. */
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
      await this.#link.moved(deadline - this.#clock());
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

  /** Asks what happened since what is known; `heard` is told once: nothing, without an answer in time. */
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

  /**
   * Stores `entry`, and ends the lease of its key.
   *
   * @returns a promise that is done when this process can do no more for it
   */
  put(copy: Copy): Promise<void> {
    return new Promise((resolve) => this.#queuePut(copy, resolve));
  }

  /** Has `entry` sent when there is room; `left` is called when this process can do no more for it. */
  #queuePut({ key, asof, value, tags, life, generatedAt }: Copy, left: () => void): void {
    const drop = (why: string): void => {
      this.#drop(key, why);
      left();
    };
    if (asof === UNKNOWN) return drop('it began before the history was known');
    const said = (kind: string, why: string): string => {
      sayOnce(this.#log, `unshared: ${kind}`, `an entry stays in this process: ${why}`);
      return why;
    };
    const unfit = (kind: string, why: string): void => {
      this.decline(key);
      drop(said(kind, why));
    };
    if (!fitEntry(tags)) {
      const most = `${LIMITS.entryTags} with ${LIMITS.entryTagBytes} bytes together`;
      return unfit('tags', `it has ${tags.length} tags; the most there can be are ${most}`);
    }
    const bytes = sizeOf(value);
    const most = this.#frameLimit - BESIDE_VALUE;
    if (bytes > most) {
      return unfit('size', `it has ${bytes} bytes; the server takes ${most} (its --max-value)`);
    }
    const checksum = checksumOf(value);
    const born = this.#clock();
    let lease = NO_LEASE;
    const taken = this.#link.queuePut({
      size: bytes + tags.reduce((sum, tag) => sum + tag.length, BESIDE_TAGS),
      worthwhile: () =>
        this.#clock() - born <= STALE_CARGO && this.#ledger.current.identity === asof.identity,
      load: () => {
        // It is loaded again where the connection it left over has ended.
        if (lease === NO_LEASE) lease = this.#leases.take(key, generatedAt);
        const age = Math.max(0, Math.floor(this.#clock() - generatedAt));
        const content = { tags, life, age, checksum, value };
        return { operation: 'PUT', key: key.bytes, asof, lease, content };
      },
      done: (sent) => (sent ? left() : drop('it could not be sent in time')),
      answered: (answer) => this.#stored(key, lease, answer),
    });
    if (!taken) drop(said('room', 'too much is waiting to be sent'));
  }

  /** What declines the lease of `key` that is held now, and no later one. */
  declineOf(key: Key): () => void {
    const lease = this.#leases.of(key);
    return () => {
      if (lease !== NO_LEASE && this.#leases.of(key) === lease) this.decline(key);
    };
  }

  /**
   * Ends the lease of `key`, if this process holds it: nothing was generated, or nothing that can be
   * shared. All who wait generate at once, rather than one after the other, and for a while nobody waits
   * for the next.
   */
  decline(key: Key): void {
    const lease = this.#leases.take(key);
    if (lease !== NO_LEASE) this.#decline(key, lease);
  }

  #decline(key: Key, lease: bigint): void {
    const asof = this.#ledger.current;
    this.#link.tell(
      { operation: 'PUT', key: key.bytes, asof, lease, content: UNSHARED },
      ({ operation }) => {
        if (operation === 'ERROR') this.#link.tell({ operation: 'RELEASE', key: key.bytes, lease });
      },
    );
  }

  /** Ends the lease of `key`, if this process holds it, so that somebody else generates. */
  release(key: Key): void {
    const lease = this.#leases.take(key);
    if (lease === NO_LEASE) return;
    this.#link.tell({ operation: 'RELEASE', key: key.bytes, lease });
  }

  /**
   * Invalidates entries that carry one of `tags`, at most as many as a frame holds: expired now for
   * `expire` 0, else stale now and expired after so many seconds.
   *
   * @returns the point in history that it is
   * @throws Unconfirmed when the server did not confirm it in time, `Refused` when it never will
   */
  async invalidate(tags: readonly string[], expire: number): Promise<AsOf> {
    const patience = this.#link.hopeless ? ATTEMPT : ATTEMPTS;
    const deadline = this.#clock() + patience;
    // An earlier attempt that is confirmed while a later one waits counts as well.
    let late: ((answer: Answer) => void) | undefined;
    const confirmed = new Promise<Answer>((resolve) => {
      late = (answer) => answer.operation === 'INVALIDATED' && resolve(answer);
    });
    const { urls } = this.#settings;
    let reason = urls.length > 0 ? `no connection to ${urls.join(' or ')}` : UNNAMED;
    for (let left = patience; left > 0; left = deadline - this.#clock()) {
      if (!(await this.#link.open(left))) break;
      try {
        const attempt = Math.min(left, Math.max(ATTEMPT, this.#link.timeout));
        const asked = answerTo(
          { operation: 'INVALIDATE', tags, expire },
          { turns: attempt, most: attempt, steadfast: true, ...(late && { late }) },
          this.#link,
        );
        asked.catch(() => {});
        const answer = await Promise.race([asked, confirmed]);
        if (answer.operation === 'INVALIDATED') return answer.asof;
        reason = answer.operation === 'ERROR' ? answer.message : answer.operation;
        if (answer.operation === 'ERROR' && FINAL.has(answer.code)) throw new Refused(reason);
        await pause(ATTEMPT / 6);
      } catch (error) {
        if (error instanceof Refused) throw error;
        reason = error instanceof Error ? error.message : String(error);
        if (!(error instanceof LinkFailure)) throw new Refused(reason);
      }
    }
    throw new Unconfirmed(reason);
  }

  /** Closes the connection for good. */
  end(): void {
    this.#link.end();
  }

  /** The answer to what nobody waits for, if there is one. */
  #query(request: Request): Promise<Answer | undefined> {
    const patience = { turns: UNHURRIED, most: UNHURRIED };
    return answerTo(request, patience, this.#link).catch(() => undefined);
  }

  /**
   * Tells `hearer` the answer to something that must be answered within the timeout, or why there is
   * none. When the server ends in the middle of it, another one is asked, in half the time at least.
   */
  #ask(
    request: Request,
    asked: Asked,
    listener: (heard: Answer | string) => void,
    again = false,
  ): void {
    const { breaker, held = false, patience } = asked;
    if (!this.#link.usable) {
      const turned = (ready: boolean): void =>
        ready ? this.#ask(request, asked, listener, again) : listener(UNCONNECTED);
      return unattended(this.#link.ready().then(turned), this.#log);
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
      this.#link.ask(request, patience, listener);
    } catch (error) {
      listener(error as Error);
    }
  }

  /** The patience with what must be answered within the timeout. */
  get #inTime(): Patience {
    const { timeout } = this.#link;
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
    const gaveUp = (lookup: number): void => this.#link.tell({ operation: 'CANCEL', lookup });
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
    this.#link.tell({ operation: 'RELEASE', key: key.bytes, lease: answer.lease });
  }

  /** Renews a lease; done when that was answered, if ever. */
  #renew(key: Key, lease: bigint): Promise<void> {
    return new Promise((resolve) =>
      this.#link.tell({ operation: 'RENEW', key: key.bytes, lease }, (answer) => {
        if (answer.operation === 'RENEWED' && !answer.held) this.#leases.lapsed(key, lease);
        resolve();
      }),
    );
  }

  /** Takes the answer to a put: one that was refused has not ended its lease. */
  #stored(key: Key, lease: bigint, answer: Answer): void {
    if (answer.operation === 'STORED') {
      return this.#listener.put(key, answer.outcome, WHY[answer.outcome]);
    }
    if (lease !== NO_LEASE) this.#decline(key, lease);
    const reason = answer.operation === 'ERROR' ? answer.message : answer.operation;
    this.#listener.put(key, 'refused', reason);
  }

  #drop(key: Key, reason: string): void {
    this.#listener.put(key, 'dropped', reason);
    this.release(key);
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

/** In a few words, why a put came to what the server says. */
const WHY: Readonly<Record<Outcome, string>> = {
  stored: '',
  expired: 'it was invalidated, or its time had come, before it arrived',
  superseded: 'something newer is stored',
  unstamped: 'it was generated in no history the server knows',
  dropped: 'the store of the server takes nothing now; its log says why',
};

/** What is put in place of what cannot be shared. */
const UNSHARED: Content = {
  tags: [],
  life: { stale: 0, revalidate: 0, expire: 0 },
  age: 0,
  checksum: checksumOf([]),
  value: [],
};

const UNCONNECTED = 'no connection';
const HELD = 'another instance generates it';
const MOVED = 'the server it waited at has gone';

/** Whether somebody else holds the lease of what is missing. */
function isHeld(found: Lookup): boolean {
  return found.state === 'miss' && !found.leased && found.reason === HELD;
}

/** Whether somebody else regenerates what is stale. */
function isRefreshed(found: Lookup): boolean {
  return found.state === 'stale' && !found.leased;
}

function missed(reason: string, leased = false, answered = true): Lookup {
  return { state: 'miss', leased, answered, reason, waited: 0 };
}

/**
 * The entry, if its bytes are the ones that were checksummed.
 *
 * @param from the moment its age counts from: when it was asked for, so that it does not look younger
 *   for the time it travelled; when it was answered, where the server has kept the answer to itself
 */
function verified(
  key: Key,
  current: AsOf,
  { revision, content }: Entry,
  from: number,
): Copy | undefined {
  const { value, tags, life, age, checksum } = content;
  if (checksumOf(value) !== checksum) return undefined;
  const asof = { identity: current.identity, revision };
  const generatedAt = from - age;
  return {
    key,
    asof,
    seen: current.revision,
    value,
    tags,
    life,
    generatedAt,
    currentAt: -Infinity,
  };
}
