import type { Clock } from '../runtime/clock.js';
import type { Events } from '../events/events.js';
import type { Key } from '../entry/key.js';
import { sayOnce, type Log } from '../runtime/log.js';
import { Coherence, type Reading } from '../near/coherence.js';
import { keyTag, Ledger } from '../near/ledger.js';
import { Outage } from '../near/outage.js';
import { NearCache, type Copy } from '../near/near-cache.js';
import { Undelivered } from '../near/undelivered.js';
import { warm } from '../near/warm.js';
import { InFlightPuts } from './in-flight-puts.js';
import { Registry } from '../runtime/registry.js';
import { OwnInvalidations } from './own-invalidations.js';
import { Judgement, served, type Found } from './judgement.js';
import type { LookupOptions } from './lookup.js';
import type { PutOutcome } from './puts.js';
import { Remote, type Refresh, type ServerListener } from './remote.js';
import type { Settings } from '../runtime/settings.js';
import type { Stored } from '../entry/stored.js';
import { UNKNOWN, type AsOf } from '../wire/frame.js';
import { LIMITS } from '../wire/limits.js';
import { softTagList, tagList } from '../wire/tag-list.js';
import { namesOf } from '../wire/tag-names.js';
import { unattended } from '../runtime/unattended.js';
import { within } from '../runtime/within.js';

/** Milliseconds for which those who wait for a value generated on demand wait for others to know. */
const SUPERSEDE = 1000;

/** Milliseconds, at most, for which a generation waits for its put, where somebody must. */
const LONGEST_SETTLING = 1000;

/** What is special about a generation. */
export interface Taking {
  /** Whether it was made although an entry may be fresh, which others keep. */
  readonly replaces?: boolean;
  /** Whether it is a whole page, made of everything its request read. */
  readonly whole?: boolean;
  /** What must have reached the server before an entry with these tags is sent, if anything. */
  readonly after?: (tags: readonly string[]) => Promise<unknown> | undefined;
  /** Called when the server has answered, or never will. */
  readonly settled?: () => void;
}

/**
 * This process as a client of one namespace: the server, and a near cache in front of it.
 *
 * Nothing here throws or hangs because of the server, except `invalidate`, which throws rather than
 * claim that an invalidation is true which was not confirmed.
 */
export class Client {
  readonly #settings: Settings;
  readonly #events: Events;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #ledger = new Ledger((id, revision) => this.#near.replaced(id, revision));
  readonly #near: NearCache;
  readonly #coherence: Coherence;
  readonly #undelivered: Undelivered;
  readonly #outage: Outage;
  readonly #inFlightPuts = new InFlightPuts();
  readonly #remote: Remote;
  readonly #invalidations: OwnInvalidations;
  readonly #judgement: Judgement;
  /** What this process is generating, by key, until it has left for the server. */
  readonly #arriving = new Registry<string, Promise<Copy | undefined>>();
  #warmed = false;

  constructor(settings: Settings, events: Events, log: Log, clock: Clock) {
    this.#settings = settings;
    this.#events = events;
    this.#log = log;
    this.#clock = clock;
    this.#near = new NearCache(settings.nearCache);
    this.#undelivered = new Undelivered(clock);
    this.#outage = new Outage(settings.outageStaleness, clock);
    const listener: ServerListener = {
      opened: ({ current }, known) => this.#opened(current, known),
      closed: () => this.#coherence.distrust(),
      pushed: ({ identity, invalidation }) => {
        if (!this.#ledger.follow(identity, invalidation, this.#coherence.asOf, clock()))
          this.#missed();
      },
      idle: () => this.#unattended(this.#coherence.refresh()),
      put: (key, outcome, reason) => this.#settled(key, outcome, reason),
    };
    this.#remote = new Remote(settings, listener, this.#ledger, events, log, clock);
    const demand = { staleness: settings.staleness, attended: () => this.#remote.usable };
    this.#coherence = new Coherence(demand, () => this.#refresh(), clock);
    const known = {
      ledger: this.#ledger,
      near: this.#near,
      coherence: this.#coherence,
      undelivered: this.#undelivered,
      outage: this.#outage,
    };
    const { outageStaleness } = settings;
    this.#judgement = new Judgement({ ...known, outageStaleness, clock });
    this.#invalidations = new OwnInvalidations({
      ...known,
      remote: this.#remote,
      events,
      log,
      clock,
    });
  }

  /** Whether a lookup made now would reach the server. */
  get usable(): boolean {
    return this.#remote.usable;
  }

  /** Whether what is generated from now on can be stored: a point in history is known. */
  get informed(): boolean {
    return this.#ledger.current !== UNKNOWN;
  }

  /** Whether a generation can begin: a point in history is known, and each that follows is pushed. */
  get abreast(): boolean {
    return this.informed && this.#settings.transport === 'websocket';
  }

  /** The point in the namespace's history up to which everything is known here. */
  get history(): AsOf {
    return this.#ledger.current;
  }

  /** Milliseconds this process waits for another's generation, by its settings. */
  get wait(): number {
    return this.#settings.wait;
  }

  /** What is in the near cache: entries, and their bytes. */
  get near(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#near.size, bytes: this.#near.bytes };
  }

  /** Has the server connected to at once, where a connection is kept, and not with the first request. */
  greet(): void {
    this.#remote.greet();
  }

  /** Begins a request that reads. */
  begin(): Reading {
    // Where nothing is pushed, a refresh is also what a generation's revision is known from.
    const ahead = this.#settings.nearCache > 0 || this.#settings.transport === 'http';
    return this.#coherence.begin(ahead);
  }

  /** Looks `key` up for a reader with these soft tags. */
  lookup(
    key: Key,
    softTags: readonly string[],
    options: LookupOptions,
    reading: Reading = this.begin(),
  ): Promise<Found> {
    const tags = softTagList(softTags);
    if (!tags) {
      const why = `a page with ${softTags.length} soft tags; ${LIMITS.tags} are the most there can be`;
      sayOnce(this.#log, 'soft tags', `no cache is read for ${why}`);
      return Promise.resolve(bypass('soft tags over the limit'));
    }
    const arriving = this.#arriving.get(key.id);
    if (arriving) return this.#join(arriving, key, tags, options, reading);
    return this.#find(key, tags, options, reading);
  }

  /** Waits for what this process is generating, and looks elsewhere if that does not come. */
  async #join(
    arriving: Promise<Copy | undefined>,
    key: Key,
    softTags: readonly string[],
    options: LookupOptions,
    reading: Reading,
  ): Promise<Found> {
    const began = this.#clock();
    const own = await this.#awaited(arriving, softTags, options, reading);
    if (own) return own;
    const wait = Math.max(0, options.wait - (this.#clock() - began));
    return this.#find(key, softTags, { ...options, wait }, reading);
  }

  /** What is kept here, if it is current, or else what the server has. */
  #find(
    key: Key,
    softTags: readonly string[],
    options: LookupOptions,
    reading: Reading,
  ): Promise<Found> {
    const kept = this.#judgement.kept(key, softTags, options);
    if (!kept) return this.#ask(key, softTags, options);
    if (this.#coherence.isCurrent(reading.since)) {
      return Promise.resolve(near(kept, KEPT));
    }
    return reading.refreshed().then((reached) => {
      if (!reached) return this.#unreached(key, softTags, options, 'no answer');
      const confirmed = this.#judgement.kept(key, softTags, options);
      return confirmed ? near(confirmed, CONFIRMED) : this.#ask(key, softTags, options);
    });
  }

  /** What the server has. */
  #ask(key: Key, softTags: readonly string[], options: LookupOptions): Promise<Found> {
    const suffices = (entry: Copy): boolean => this.#judgement.suffices(entry, softTags, options);
    return new Promise((resolve) =>
      this.#remote.lookup(key, softTags, { ...options, suffices }, (lookup) => {
        if (lookup.state !== 'miss') {
          if (this.#ledger.covers(lookup.entry.asof)) this.#keep(lookup.entry);
          resolve(this.#judgement.judged(lookup, softTags));
        } else if (lookup.answered) {
          resolve({ lookup, outcome: 'miss', reason: lookup.reason });
        } else {
          resolve(this.#unreached(key, softTags, options, lookup.reason));
        }
      }),
    );
  }

  /**
   * Takes what a generation will end with. Readers of this process wait for it from now on.
   *
   * @returns a promise of what was generated, done when that has been queued for the server; where
   *   this process may be frozen when nobody waits for it, when the server has answered, or has had
   *   as long as a lookup may take at most
   */
  async take(
    key: Key,
    generation: Promise<Stored | undefined>,
    { replaces = false, whole = false, after, settled = () => {} }: Taking = {},
  ): Promise<Stored | undefined> {
    const generated = generation.then((stored) => {
      if (!stored) return undefined;
      const { generatedAt } = stored;
      const asof = stored.asof ?? this.#ledger.knownAt(generatedAt);
      // What is stored again is as current as it was.
      const currentAt = stored.asof ? -Infinity : this.#outage.currentAt(generatedAt, whole);
      const tags = tagList(stored.tags);
      return { ...stored, tags, key, asof, seen: asof.revision, currentAt };
    });
    this.#arriving.add(key.id, generated);
    this.#inFlightPuts.begin(key.id, settled);
    const leave = (): void => {
      if (this.#arriving.get(key.id) === generated) this.#arriving.take(key.id);
    };
    let sent: Promise<void> | undefined;
    try {
      const copy = await generated;
      if (!copy) return undefined;
      if (copy.life.expire === 0) return undefined;
      this.#keep(copy);
      const first = after?.(copy.tags);
      sent = first
        ? within(first, LONGEST_SETTLING).then(() => this.#remote.put(copy))
        : this.#remote.put(copy);
      this.#unattended(sent.then(leave));
      if (replaces) await within(this.#supersede(key, sent), SUPERSEDE).catch(() => {});
      else if (this.#fleeting) await within(sent, this.#settling);
      return copy;
    } finally {
      if (!sent) {
        this.#remote.decline(key);
        this.#inFlightPuts.end(key.id);
        leave();
      }
    }
  }

  /**
   * Stores what was generated elsewhere: by a build, or long ago. The server says at the next lookup
   * what it is worth.
   *
   * @returns whether it was sent; it is not when this process knows that it has expired
   */
  async offer(key: Key, stored: Stored & { readonly asof: AsOf }): Promise<boolean> {
    const tags = tagList(stored.tags);
    const copy = { ...stored, tags, key, seen: stored.asof.revision, currentAt: -Infinity };
    if (!this.#remote.usable || this.#judgement.judge(copy, []) === 'expired') return false;
    await within(this.#remote.put(copy), this.#settling);
    return true;
  }

  /**
   * What was generated elsewhere, as it may be served while the server cannot be asked: judged by
   * what is known here, within the bound of an outage; beyond that as `otherwise` says: not at all,
   * unless it is known to have expired, or whatever is known.
   */
  lend(
    key: Key,
    stored: Stored & { readonly asof: AsOf },
    options: LookupOptions,
    why: string,
    otherwise: 'never' | 'unless expired' | 'always',
  ): Found | undefined {
    const entry = { ...stored, key, seen: stored.asof.revision, currentAt: -Infinity };
    const lent = this.#judgement.lend(entry, [], options, why);
    if (lent || otherwise === 'never') return lent;
    if (otherwise === 'unless expired' && this.#judgement.judge(entry, []) === 'expired')
      return undefined;
    return {
      lookup: served(entry, false),
      outcome: 'near',
      reason: `${why}; there is nothing else`,
    };
  }

  /** Done when the server has answered what this process took for `key`, or never will. */
  settled(key: Key): Promise<void> {
    return this.#inFlightPuts.ended(key.id);
  }

  /** Ends the lease of `key`, if this process holds it, so that somebody else generates. */
  release(key: Key): void {
    this.#remote.release(key);
  }

  /** Ends the lease of `key`, if this process holds it: nobody is to wait for what has no value for others. */
  decline(key: Key): void {
    this.#remote.decline(key);
  }

  /** What declines the lease of `key` that this process holds now, unless what it is for has come by then. */
  declineOf(key: Key): () => void {
    const decline = this.#remote.declineOf(key);
    return () => {
      if (!this.#arriving.has(key.id)) decline();
    };
  }

  /**
   * Invalidates entries that carry one of `tags`: expired now for `expire` 0, else stale now and
   * expired after so many seconds. Done means durable, and true everywhere from now on. What is not
   * confirmed in time is remembered, heeded in this process, and sent again.
   *
   * @throws Error when it was not confirmed in time, or the server refuses it
   */
  async invalidate(tags: readonly string[], expire: number): Promise<void> {
    const names = [...new Set(tags.flatMap(namesOf))];
    for (let at = 0; at < names.length; at += LIMITS.tags) {
      await this.#invalidations.invalidate(names.slice(at, at + LIMITS.tags), expire);
    }
  }

  /** Closes the connection for good. */
  end(): void {
    this.#remote.end();
  }

  /** Tells every process that keeps an entry of `key` that it is not what is stored any more. */
  async #supersede(key: Key, stored: Promise<void>): Promise<void> {
    await stored;
    await this.invalidate([keyTag(key)], 0);
  }

  /** Milliseconds for which a generation waits for its put: as long as a lookup may take at most. */
  get #settling(): number {
    return Math.min(LONGEST_SETTLING, this.#settings.timeout * 5);
  }

  /** Whether what is not sent while somebody waits may never be sent, and can be sent now. */
  get #fleeting(): boolean {
    return this.#settings.transport === 'http' && this.#remote.usable;
  }

  /** What this process is generating itself, if it ends in time and nothing has invalidated it. */
  async #awaited(
    arriving: Promise<Copy | undefined>,
    softTags: readonly string[],
    { wait, revalidate }: LookupOptions,
    reading: Reading,
  ): Promise<Found | undefined> {
    const began = this.#clock();
    const entry = await within(arriving, wait).catch(() => undefined);
    const waited = this.#clock() - began;
    if (!entry) return undefined;
    const reached = this.#coherence.isCurrent(reading.since) || (await reading.refreshed());
    const verdict = this.#judgement.judge(entry, softTags, revalidate);
    const usable = verdict === 'fresh' || (verdict === 'unknown' && !reached);
    if (!usable || (!reached && !this.#judgement.isWithinBound(entry, verdict))) return undefined;
    const lookup = { state: 'fresh', leased: false, entry, waited } as const;
    return { lookup, outcome: 'wait', reason: 'generated in this process' };
  }

  /** Keeps a copy, unless it may have been replaced on its way here, and that is forgotten. */
  #keep(copy: Copy): void {
    if (this.#ledger.recalls(copy.seen)) this.#near.keep(copy);
  }

  /** What there is without the server: a copy that is not too far behind, or nothing. */
  #unreached(key: Key, softTags: readonly string[], options: LookupOptions, why: string): Found {
    const entry = this.#near.get(key);
    return (entry && this.#judgement.lend(entry, softTags, options, why)) ?? bypass(why);
  }

  #opened(current: AsOf, known: AsOf): void {
    if (!this.#ledger.welcome(current, known, this.#clock())) this.#near.clear();
    this.#unattended(
      this.#caughtUp(current).then((reached) => (reached ? this.#warm() : undefined)),
    );
    this.#unattended(this.#invalidations.deliver());
  }

  #unattended(task: Promise<unknown>): void {
    unattended(task, this.#log);
  }

  /** Learns what happened up to `current`; pushes tell of what follows. */
  async #caughtUp(current: AsOf): Promise<boolean> {
    const answered = await this.#coherence.catchUp();
    // What was asked of the server before may have been answered earlier than that.
    if (answered && this.#ledger.current.revision < current.revision)
      return this.#coherence.refresh();
    return answered;
  }

  /** Loads what the fleet reads most, once in the life of this process. */
  async #warm(): Promise<void> {
    const budget = Math.min(this.#settings.warm, this.#settings.nearCache / 2);
    if (this.#warmed || budget === 0) return;
    this.#warmed = true;
    const entries = await warm(this.#remote, budget, (copy) => {
      if (this.#ledger.covers(copy.asof)) this.#keep(copy);
    });
    this.#events.tell({ type: 'warmed', entries, bytes: this.#near.bytes });
  }

  /** Something was missed on the way here. */
  #missed(): void {
    this.#coherence.distrust();
    this.#unattended(this.#coherence.refresh());
  }

  /** Learns what happened meanwhile, before what was answered after that is looked at. */
  #refresh(): Promise<boolean> {
    return new Promise((resolve) =>
      this.#remote.refresh((answer) => {
        let learnt = false;
        try {
          if (answer) this.#learn(answer);
          learnt = answer !== undefined;
        } finally {
          resolve(learnt);
        }
      }),
    );
  }

  #learn(answer: Refresh): void {
    if (!this.#ledger.refreshed(answer, answer.asked, this.#clock())) this.#near.clear();
    this.#outage.end();
    this.#unattended(this.#invalidations.deliver());
  }

  #settled(key: Key, outcome: PutOutcome, reason: string): void {
    this.#inFlightPuts.end(key.id);
    this.#events.tell({ type: 'put', outcome, key: key.id, reason });
    // Somebody's later entry is stored, or this one was invalidated before it arrived.
    if (outcome === 'superseded' || outcome === 'expired') this.#near.drop(key);
  }
}

const KEPT = 'kept in this process';
const CONFIRMED = `${KEPT}, confirmed by the server`;

function near(entry: Copy, reason: string): Found {
  const lookup = { state: 'fresh', leased: false, entry, waited: 0 } as const;
  return { lookup, outcome: 'near', reason };
}

function bypass(reason: string): Found {
  const lookup = { state: 'miss', leased: false, answered: false, reason, waited: 0 } as const;
  return { lookup, outcome: 'bypass', reason };
}
