import { Breaker } from './breaker.js';
import type { Clock } from './clock.js';
import type { Key } from './key.js';
import { Leases } from './leases.js';
import { Link, LinkFailure } from './link.js';
import type { Log } from './log.js';
import { Revisions } from './revisions.js';
import type { Settings } from './settings.js';
import { VERSION } from './version.js';
import { crc32 } from './wire/crc32.js';
import {
  NO_LEASE,
  UNKNOWN,
  type Answer,
  type Entry,
  type ErrorName,
  type Life,
} from './wire/frame.js';
import { LIMITS, tagList } from './wire/limits.js';

/** Milliseconds a waiting lookup may exceed its budget by before the server is not believed. */
const GRACE = 250;

/** Milliseconds after which a put that found no connection is not worth sending any more. */
const STALE_CARGO = 10_000;

/** Milliseconds for one attempt at an invalidation, and for all of them. */
const ATTEMPT = 1500;
const ATTEMPTS = 5000;

/** Bytes by which the limit of a frame exceeds the limit of a value. */
const BESIDE_VALUE = 8 << 20;

/** Bytes of a put beside its value and its tags, roughly. */
const BESIDE_TAGS = 256;

const FINAL: ReadonlySet<ErrorName> = new Set([
  'malformed',
  'unknown-operation',
  'invalid-value',
  'too-large',
]);

/** What is stored under a key. */
export interface Stored {
  readonly value: Uint8Array;
  readonly tags: readonly string[];
  readonly life: Life;
  /** When its generation began, on this process' clock. */
  readonly generatedAt: number;
}

/**
 * The outcome of a lookup. `leased` means that this process is the one to generate: it ends that
 * with `put` or `release`.
 */
export type Lookup =
  | { readonly state: 'fresh'; readonly leased: false; readonly entry: Stored }
  | { readonly state: 'stale'; readonly leased: boolean; readonly entry: Stored }
  | { readonly state: 'miss'; readonly leased: boolean; readonly reason: string };

/** What a lookup may do beside looking. */
export interface LookupOptions {
  /** Milliseconds to wait for another process' generation when there is nothing to serve. */
  readonly wait: number;
  /** Whether a stale entry that another process regenerates is nothing to serve. */
  readonly freshOnly: boolean;
  /** Milliseconds for which a lease granted here is kept alive. */
  readonly generation: number;
}

/*
 * A lookup is asked twice when somebody else generates.
 *
 * From outside, an answer the server holds back looks like an answer it fails to give, and the two
 * deserve very different patience. So the first LOOKUP never waits: it must be answered within the
 * timeout, and MISS without a lease says that somebody else holds it. Only then a second LOOKUP
 * goes out that may wait, for as long as the link shows life.
 */

/**
 * This process as a client of one namespace.
 *
 * Nothing here throws or hangs because of the server, except `invalidate`, which throws rather than
 * lose an invalidation.
 */
export class Client {
  readonly #settings: Settings;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #link: Link;
  readonly #breaker: Breaker;
  readonly #revisions = new Revisions();
  readonly #leases: Leases;
  #frameLimit = 0;
  #dropped = 0;

  constructor(settings: Settings, log: Log, clock: Clock) {
    this.#settings = settings;
    this.#log = log;
    this.#clock = clock;
    this.#breaker = new Breaker(clock);
    this.#leases = new Leases(clock, (key, token) => this.#renew(key, token));
    this.#link = new Link(
      settings,
      `@larder/next ${VERSION}`,
      {
        known: () => this.#revisions.current,
        opened: ({ current, lease, frameLimit }) => {
          this.#revisions.welcome(current, clock());
          this.#leases.term = lease;
          this.#frameLimit = frameLimit;
        },
        closed: () => this.#leases.clear(),
        pushed: ({ identity, invalidation: { revision } }) =>
          this.#revisions.learn({ identity, revision }, clock()),
      },
      log,
      clock,
    );
  }

  /** Puts that were not sent because there was no room, no stamp or no time for them. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether a lookup made now would reach the server. */
  get usable(): boolean {
    return this.#link.usable;
  }

  /** Milliseconds this process waits for another's generation, by its settings. */
  get wait(): number {
    return this.#settings.wait;
  }

  /** Looks `key` up for a reader with these soft tags. */
  async lookup(key: Key, softTags: readonly string[], options: LookupOptions): Promise<Lookup> {
    const tags = tagList(softTags);
    if (!tags) return missed('soft tags over the limit');
    const deadline = this.#clock() + options.wait;
    let found = await this.#lookOnce(key, tags, 0, options);
    if (options.wait > 0 && isHeld(found)) {
      found = await this.#lookOnce(key, tags, options.wait, options);
    }
    for (
      let rest = 20;
      options.freshOnly && found.state === 'stale' && !found.leased;
      rest *= 1.5
    ) {
      const left = deadline - this.#clock();
      if (left <= 0) break;
      await pause(Math.min(rest, left, 250));
      found = await this.#lookOnce(key, tags, 0, options);
    }
    return found;
  }

  /**
   * Stores `entry`, ends the lease of its key, and says nothing about the outcome.
   *
   * @returns a promise that is done when the put has left this process' queue
   */
  put(key: Key, { value, tags, life, generatedAt }: Stored): Promise<void> {
    const asof = this.#revisions.knownAt(generatedAt);
    if (asof === UNKNOWN) return this.#drop(key, 'it began before the history was known');
    const names = tagList(tags);
    if (!names) return this.#drop(key, 'its tags are over the limit');
    if (value.length > this.#frameLimit - BESIDE_VALUE) {
      return this.#drop(key, `it has ${value.length} bytes`);
    }
    const checksum = crc32(value);
    const born = this.#clock();
    let lease = NO_LEASE;
    return new Promise((resolve) => {
      const taken = this.#link.ship({
        size: value.length + names.reduce((sum, tag) => sum + tag.length, BESIDE_TAGS),
        worthwhile: () =>
          this.#clock() - born <= STALE_CARGO && this.#revisions.current.identity === asof.identity,
        load: () => {
          lease = this.#leases.take(key);
          const age = Math.max(0, Math.floor(this.#clock() - generatedAt));
          const content = { tags: names, life, age, checksum, value };
          return { operation: 'PUT', key: key.bytes, asof, lease, content };
        },
        done: (sent) => resolve(sent ? undefined : this.#drop(key, 'it could not be sent in time')),
        answered: (answer) => this.#stored(key, lease, answer),
      });
      if (!taken) resolve(this.#drop(key, 'too much is waiting to be sent'));
    });
  }

  /** Ends the lease of `key`, if this process holds it, so that somebody else generates. */
  release(key: Key): void {
    const lease = this.#leases.take(key);
    if (lease === NO_LEASE) return;
    this.#log.debug(() => `release ${key.id}`);
    this.#link.tell({ operation: 'RELEASE', key: key.bytes, lease });
  }

  /**
   * Invalidates entries that carry one of `tags`: expired now for `expire` 0, else stale now and
   * expired after so many seconds. Done means durable, and true everywhere from now on.
   *
   * @throws Error when that could not be confirmed in time, or the server refuses it
   */
  async invalidate(tags: readonly string[], expire: number): Promise<void> {
    for (let at = 0; at < tags.length; at += LIMITS.tags) {
      await this.#invalidate(tags.slice(at, at + LIMITS.tags), expire);
    }
  }

  /** Closes the connection for good. */
  end(): void {
    this.#link.end();
  }

  async #lookOnce(
    key: Key,
    softTags: readonly string[],
    waitBudget: number,
    { generation }: LookupOptions,
  ): Promise<Lookup> {
    if (!(await this.#link.ready())) return missed('no connection');
    if (!this.#breaker.allows()) return missed('the server is too slow');
    const { timeout } = this.#link;
    const request = {
      operation: 'LOOKUP',
      key: key.bytes,
      softTags,
      leaseWanted: true,
      waitBudget,
    } as const;
    try {
      const answer = await this.#link.ask(request, {
        turns: waitBudget === 0 ? timeout : Infinity,
        most: waitBudget === 0 ? timeout * 5 : waitBudget + GRACE,
        late: (late) => this.#tooLate(key, late),
        gaveUp: (lookup) => waitBudget > 0 && this.#link.tell({ operation: 'CANCEL', lookup }),
      });
      this.#breaker.succeeded();
      return this.#read(key, answer, generation);
    } catch (error) {
      if (error instanceof LinkFailure && error.reason === 'late') this.#breaker.failed();
      return missed(error instanceof Error ? error.message : String(error));
    }
  }

  #read(key: Key, answer: Answer, generation: number): Lookup {
    const moment = this.#clock();
    if (answer.operation === 'ERROR') return missed(answer.message);
    if (
      answer.operation !== 'FRESH' &&
      answer.operation !== 'STALE' &&
      answer.operation !== 'MISS'
    ) {
      return missed(`answered with ${answer.operation}`);
    }
    this.#revisions.learn(answer.current, moment);
    const lease = answer.operation === 'FRESH' ? NO_LEASE : answer.lease;
    const leased = lease !== NO_LEASE;
    if (leased) this.#leases.granted(key, lease, generation);
    if (answer.operation === 'MISS') return missed(leased ? 'nothing stored' : HELD, leased);
    const entry = verified(answer.entry, moment);
    if (!entry) return missed('the entry arrived damaged', leased);
    if (answer.operation === 'FRESH') return { state: 'fresh', leased: false, entry };
    return { state: 'stale', leased, entry };
  }

  /** Gives back a lease that was granted to a caller who has gone. */
  #tooLate(key: Key, answer: Answer): void {
    if (answer.operation !== 'MISS' && answer.operation !== 'STALE') return;
    this.#revisions.learn(answer.current, this.#clock());
    if (answer.lease === NO_LEASE) return;
    this.#link.tell({ operation: 'RELEASE', key: key.bytes, lease: answer.lease });
  }

  #renew(key: Key, lease: bigint): void {
    this.#link.tell({ operation: 'RENEW', key: key.bytes, lease }, (answer) => {
      if (answer.operation === 'RENEWED' && !answer.held) this.#leases.lapsed(key, lease);
    });
  }

  /** Takes the answer to a put: one that was refused has not ended its lease. */
  #stored(key: Key, lease: bigint, answer: Answer): void {
    if (answer.operation === 'STORED')
      return this.#log.debug(() => `put ${key.id}: ${answer.outcome}`);
    if (answer.operation === 'ERROR') this.#log.debug(() => `put ${key.id}: ${answer.message}`);
    if (lease !== NO_LEASE) this.#link.tell({ operation: 'RELEASE', key: key.bytes, lease });
  }

  #drop(key: Key, reason: string): Promise<void> {
    this.#dropped++;
    this.#log.debug(() => `put ${key.id} dropped: ${reason}`);
    this.release(key);
    return Promise.resolve();
  }

  async #invalidate(tags: readonly string[], expire: number): Promise<void> {
    const deadline = this.#clock() + ATTEMPTS;
    // An earlier attempt that is confirmed while a later one waits counts as well.
    let late: ((answer: Answer) => void) | undefined;
    const confirmed = new Promise<Answer>((resolve) => {
      late = (answer) => answer.operation === 'INVALIDATED' && resolve(answer);
    });
    let reason = `no connection to ${this.#settings.url}`;
    for (let left = ATTEMPTS; left > 0; left = deadline - this.#clock()) {
      if (!(await this.#link.open(left))) break;
      try {
        const patience = { turns: ATTEMPT, most: ATTEMPT, steadfast: true, ...(late && { late }) };
        const asked = this.#link.ask({ operation: 'INVALIDATE', tags, expire }, patience);
        asked.catch(() => {});
        const answer = await Promise.race([asked, confirmed]);
        if (answer.operation === 'INVALIDATED') {
          return this.#revisions.learn(answer.asof, this.#clock());
        }
        reason = answer.operation === 'ERROR' ? answer.message : answer.operation;
        if (answer.operation === 'ERROR' && FINAL.has(answer.code)) break;
        await pause(ATTEMPT / 6);
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        if (!(error instanceof LinkFailure)) break;
      }
    }
    throw new Error(`larder: could not invalidate ${JSON.stringify(tags)}: ${reason}`);
  }
}

const HELD = 'another instance generates it';

/** Whether somebody else holds the lease of what is missing. */
function isHeld(found: Lookup): boolean {
  return found.state === 'miss' && !found.leased && found.reason === HELD;
}

function missed(reason: string, leased = false): Lookup {
  return { state: 'miss', leased, reason };
}

/** The entry, if its bytes are the ones that were checksummed. */
function verified({ content }: Entry, moment: number): Stored | undefined {
  const { value, tags, life, age, checksum } = content;
  if (crc32(value) !== checksum) return undefined;
  return { value, tags, life, generatedAt: moment - age };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds).unref());
}
