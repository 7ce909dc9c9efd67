import type { Clock } from '../runtime/clock.js';
import type { Events, Outcome } from '../events/events.js';
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
import {
  Refused,
  Remote,
  type ServerListener,
  type Lookup,
  type LookupOptions,
  type PutOutcome,
  type Refresh,
} from './remote.js';
import type { Settings } from '../runtime/settings.js';
import { ageOf, type Stored } from '../entry/stored.js';
import { NEVER, UNKNOWN, type AsOf } from '../wire/frame.js';
import { LIMITS } from '../wire/limits.js';
import { softTagList, tagList } from '../wire/tag-list.js';
import { namesOf } from '../wire/tag-names.js';
import { unattended } from '../runtime/unattended.js';
import { within } from '../runtime/within.js';

/** What is known here of an entry; `unknown` when that does not reach far enough. */
type Verdict = 'fresh' | 'stale' | 'expired' | 'unknown';

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

/** A lookup, and how its outcome is called in events and metrics. */
export interface Found {
  readonly lookup: Lookup;
  readonly outcome: Outcome;
  /** In a few words, why. */
  readonly reason: string;
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
  /** What this process is generating, by key, until it has left for the server. */
  readonly #arriving = new Registry<string, Promise<Copy | undefined>>();
  #delivering = false;
  #complaint = '';
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
    const kept = this.#kept(key, softTags, options);
    if (!kept) return this.#ask(key, softTags, options);
    if (this.#coherence.isCurrent(reading.since)) {
      return Promise.resolve(near(kept, KEPT));
    }
    return reading.refreshed().then((reached) => {
      if (!reached) return this.#unreached(key, softTags, options, 'no answer');
      const confirmed = this.#kept(key, softTags, options);
      return confirmed ? near(confirmed, CONFIRMED) : this.#ask(key, softTags, options);
    });
  }

  /** What the server has. */
  #ask(key: Key, softTags: readonly string[], options: LookupOptions): Promise<Found> {
    const suffices = (entry: Copy): boolean => this.#suffices(entry, softTags, options);
    return new Promise((resolve) =>
      this.#remote.lookup(key, softTags, { ...options, suffices }, (lookup) => {
        if (lookup.state !== 'miss') {
          if (this.#ledger.covers(lookup.entry.asof)) this.#keep(lookup.entry);
          resolve(this.#judged(lookup, softTags));
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
    if (!this.#remote.usable || this.#judge(copy, []) === 'expired') return false;
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
    const lent = this.#lend(entry, [], options, why);
    if (lent || otherwise === 'never') return lent;
    if (otherwise === 'unless expired' && this.#judge(entry, []) === 'expired') return undefined;
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
      await this.#invalidate(names.slice(at, at + LIMITS.tags), expire);
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
    const verdict = this.#judge(entry, softTags, revalidate);
    const usable = verdict === 'fresh' || (verdict === 'unknown' && !reached);
    if (!usable || (!reached && !this.#isWithinBound(entry, verdict))) return undefined;
    const lookup = { state: 'fresh', leased: false, entry, waited } as const;
    return { lookup, outcome: 'wait', reason: 'generated in this process' };
  }

  /** Keeps a copy, unless it may have been replaced on its way here, and that is forgotten. */
  #keep(copy: Copy): void {
    if (this.#ledger.recalls(copy.seen)) this.#near.keep(copy);
  }

  /** The copy of this process, if it is fresh for a reader with these soft tags. */
  #kept(key: Key, softTags: readonly string[], { revalidate }: LookupOptions): Copy | undefined {
    const copy = this.#near.get(key);
    return copy && this.#judge(copy, softTags, revalidate) === 'fresh' ? copy : undefined;
  }

  /** Whether what the server calls stale is so by its age only, and fresh for this reader. */
  #suffices(entry: Copy, softTags: readonly string[], { revalidate }: LookupOptions): boolean {
    if (revalidate === undefined || this.#ledger.current.revision < entry.seen) return false;
    return this.#judge(entry, softTags, revalidate) === 'fresh';
  }

  /** What there is without the server: a copy that is not too far behind, or nothing. */
  #unreached(key: Key, softTags: readonly string[], options: LookupOptions, why: string): Found {
    const entry = this.#near.get(key);
    return (entry && this.#lend(entry, softTags, options, why)) ?? bypass(why);
  }

  /** A copy as it may be served without the server, if it may. */
  #lend(
    entry: Copy,
    softTags: readonly string[],
    { freshOnly, revalidate }: LookupOptions,
    why: string,
  ): Found | undefined {
    const verdict = this.#judge(entry, softTags, revalidate);
    if (verdict === 'expired' || !this.#isWithinBound(entry, verdict)) return undefined;
    const moment = this.#clock();
    const behind = this.#behind(entry, verdict);
    const stale = verdict === 'stale' || ageOf(entry, moment, revalidate) === 'stale';
    if (stale && freshOnly) return undefined;
    const due = stale || (!freshOnly && this.#outage.isDue(entry.key, behind));
    this.#outage.lent(moment - behind, moment, freshOnly);
    const reason = `${why}; what is kept here was current ${Math.round(behind)} ms ago`;
    const regenerates = due && this.#outage.leads(entry.key);
    return { lookup: served(entry, regenerates), outcome: 'near', reason };
  }

  #isWithinBound(entry: Copy, verdict: Verdict): boolean {
    return this.#behind(entry, verdict) <= this.#settings.outageStaleness;
  }

  /** Milliseconds since everything was known here that could affect an entry. */
  #behind({ currentAt }: Copy, verdict: Verdict): number {
    const { asOf } = this.#coherence;
    return this.#clock() - (verdict === 'unknown' ? currentAt : Math.max(currentAt, asOf));
  }

  /** An entry the server named, in the light of what it has not been told. */
  #judged(lookup: Exclude<Lookup, { state: 'miss' }>, softTags: readonly string[]): Found {
    const { state, leased, entry, waited } = lookup;
    const verdict = this.#owed(entry, softTags, this.#clock());
    if (verdict !== 'unaffected') {
      const reason = 'invalidated here, which the server has not confirmed';
      if (verdict === 'stale') return { lookup: served(entry, true), outcome: 'stale', reason };
      const missed = { state: 'miss', leased, answered: true, reason, waited } as const;
      return { lookup: missed, outcome: 'miss', reason };
    }
    if (state === 'fresh') {
      if (waited > 0) return { lookup, outcome: 'wait', reason: 'generated by another instance' };
      return { lookup, outcome: 'remote', reason: 'fresh on the server' };
    }
    const reason = leased ? 'to be regenerated here' : 'regenerated by another instance';
    return { lookup, outcome: 'stale', reason };
  }

  /** What the invalidations of this process say of an entry that the server has not confirmed. */
  #owed(entry: Copy, softTags: readonly string[], moment: number) {
    const { tags, generatedAt, currentAt } = entry;
    // Of what others generated it is not known that it was not before.
    const after = currentAt === -Infinity ? -Infinity : generatedAt;
    return this.#undelivered.judge({ tags, generatedAt: after }, softTags, moment);
  }

  #judge(entry: Copy, softTags: readonly string[], revalidate?: number): Verdict {
    const moment = this.#clock();
    const age = ageOf(entry, moment, revalidate);
    const owed = this.#owed(entry, softTags, moment);
    const known = this.#ledger.judge(entry, softTags, moment);
    if (age === 'expired' || owed === 'expired' || known === 'expired') return 'expired';
    if (known === 'unknown') return 'unknown';
    return age === 'stale' || owed === 'stale' || known === 'stale' ? 'stale' : 'fresh';
  }

  #opened(current: AsOf, known: AsOf): void {
    if (!this.#ledger.welcome(current, known, this.#clock())) this.#near.clear();
    this.#unattended(
      this.#caughtUp(current).then((reached) => (reached ? this.#warm() : undefined)),
    );
    this.#unattended(this.#deliver());
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
    this.#unattended(this.#deliver());
  }

  #settled(key: Key, outcome: PutOutcome, reason: string): void {
    this.#inFlightPuts.end(key.id);
    this.#events.tell({ type: 'put', outcome, key: key.id, reason });
    // Somebody's later entry is stored, or this one was invalidated before it arrived.
    if (outcome === 'superseded' || outcome === 'expired') this.#near.drop(key);
  }

  async #invalidate(tags: readonly string[], expire: number): Promise<void> {
    const began = this.#clock();
    const told = (outcome: 'confirmed' | 'owed' | 'refused', reason: string): void =>
      this.#events.tell({
        type: 'invalidation',
        outcome,
        tags,
        expire,
        duration: this.#clock() - began,
        reason,
      });
    try {
      await this.#confirm(tags, expire);
      told('confirmed', '');
    } catch (error) {
      const { message } = error as Error;
      const refused = error instanceof Refused;
      if (!refused && !this.#undelivered.remember(tags, expire, began)) {
        this.#log.error('too many invalidations wait for the server; other instances miss them');
      }
      told(refused ? 'refused' : 'owed', message);
      throw new Error(`larder: could not invalidate ${JSON.stringify(tags)}: ${message}`);
    }
  }

  /** Has an invalidation made durable, and learns of it before anybody here can ask. */
  async #confirm(tags: readonly string[], expire: number): Promise<void> {
    const asked = this.#clock();
    const { identity, revision } = await this.#remote.invalidate(tags, expire);
    const expiresIn = expire >= NEVER ? Infinity : expire * 1000;
    const invalidation = { revision, expiresIn, tags };
    if (this.#ledger.follow(identity, invalidation, asked, this.#clock())) return;
    this.#coherence.distrust();
    await this.#coherence.refresh();
  }

  /** Has an invalidation made durable that is owed; false when the server says it never will be. */
  async #settle(tags: readonly string[], expire: number): Promise<boolean> {
    try {
      await this.#confirm(tags, expire);
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#log.error(`could not invalidate ${JSON.stringify(tags)}: ${error.message}`);
      return false;
    }
  }

  async #deliver(): Promise<void> {
    if (this.#delivering || this.#undelivered.size === 0) return;
    this.#delivering = true;
    let confirmed = 0;
    try {
      await this.#undelivered.deliver(async (tags, expire) => {
        if (await this.#settle(tags, expire)) confirmed++;
      });
      this.#complaint = '';
      if (confirmed === 0) return;
      this.#log.notice(`${confirmed} invalidations that could not be sent before are confirmed`);
    } catch (error) {
      const { message } = error as Error;
      const complaint = `${this.#undelivered.size} invalidations are still not confirmed: ${message}`;
      if (complaint !== this.#complaint) this.#log.error(complaint);
      this.#complaint = complaint;
    } finally {
      this.#delivering = false;
    }
  }
}

const KEPT = 'kept in this process';
const CONFIRMED = `${KEPT}, confirmed by the server`;

function near(entry: Copy, reason: string): Found {
  const lookup = { state: 'fresh', leased: false, entry, waited: 0 } as const;
  return { lookup, outcome: 'near', reason };
}

/** An entry to be served, and regenerated here when it is stale. */
function served(entry: Copy, stale: boolean): Lookup {
  return stale
    ? { state: 'stale', leased: true, entry, waited: 0 }
    : { state: 'fresh', leased: false, entry, waited: 0 };
}

function bypass(reason: string): Found {
  const lookup = { state: 'miss', leased: false, answered: false, reason, waited: 0 } as const;
  return { lookup, outcome: 'bypass', reason };
}
