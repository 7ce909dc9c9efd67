import type { Clock } from '../runtime/clock.js';
import type { Events } from '../events/events.js';
import type { Key } from '../entry/key.js';
import type { Log } from '../runtime/log.js';
import { Coherence, type Reading } from '../near/coherence.js';
import { Ledger } from '../near/ledger.js';
import { Outage } from '../near/outage.js';
import { NearCache, type Copy } from '../near/near-cache.js';
import { Undelivered } from '../near/undelivered.js';
import { warm } from '../near/warm.js';
import { Generations, type Taking } from './generations.js';
import { OwnInvalidations, type By } from './own-invalidations.js';
import { Judgement, type Found } from './judgement.js';
import type { LookupOptions } from './lookup.js';
import { Lookups } from './lookups.js';
import type { PutOutcome } from './puts.js';
import { REPORT_EVERY, Reporter } from './reporter.js';
import { Remote, type Refresh, type ServerListener } from './remote.js';
import type { CdnHeader } from '../wire/cdn-tag.js';
import type { Settings } from '../runtime/settings.js';
import type { Stored } from '../entry/stored.js';
import { UNKNOWN, type AsOf } from '../wire/frame.js';
import { namesOf } from '../wire/tag-names.js';
import { unattended } from '../runtime/unattended.js';

/** Whoever does not say so. */
const NOBODY: By = { action: '', path: '' };

/**
 * This process as a client of one namespace: the server, and a near cache in front of it.
 *
 * Nothing here throws or hangs because of the server, except `invalidate`, which throws rather than
 * claim that an invalidation is true which was not confirmed.
 *
 * What it does is in its parts: `Lookups` finds entries, `Generations` stores what this process
 * generates, `OwnInvalidations` makes invalidations durable. Here they are put together, and here
 * the near cache is kept coherent with what the server says unasked and when it is asked.
 */
export class Client {
  readonly #settings: Settings;
  readonly #events: Events;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #ledger = new Ledger((id, revision) => this.#near.replaced(id, revision));
  readonly #near: NearCache;
  readonly #coherence: Coherence;
  readonly #outage: Outage;
  readonly #remote: Remote;
  readonly #invalidations: OwnInvalidations;
  readonly #lookups: Lookups;
  readonly #generations: Generations;
  readonly #reporter: Reporter;
  #reports: NodeJS.Timeout | undefined;
  #warmed = false;

  /**
   * Connects with the first request, or with `greet`, whichever comes first. Over HTTP there is no
   * connection.
   *
   * @param clock the time entries age by; a test's own, or that of a `Timekeeper`
   */
  constructor(settings: Settings, events: Events, log: Log, clock: Clock) {
    this.#settings = settings;
    this.#events = events;
    this.#log = log;
    this.#clock = clock;
    this.#near = new NearCache(settings.nearCache);
    this.#reporter = new Reporter(settings.labels, clock);
    this.#outage = new Outage(settings.outageStaleness, clock);
    const listener: ServerListener = {
      opened: ({ current }, known) => {
        if (settings.transport === 'websocket') {
          this.#reports ??= setInterval(() => this.report(), REPORT_EVERY).unref();
        }
        this.#opened(current, known);
      },
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
      undelivered: new Undelivered(clock),
      outage: this.#outage,
      clock,
    };
    const { outageStaleness, earlyRefresh } = settings;
    const judgement = new Judgement({ ...known, outageStaleness, earlyRefresh });
    const using = {
      ...known,
      settings,
      judgement,
      remote: this.#remote,
      keep: (copy: Copy) => this.#keep(copy),
      events,
      log,
    };
    this.#invalidations = new OwnInvalidations(using);
    this.#generations = new Generations({
      ...using,
      invalidate: (tags, expire, by) => this.invalidate(tags, expire, by),
    });
    this.#lookups = new Lookups({ ...using, arriving: (key) => this.#generations.arriving(key) });
  }

  /** Whether a lookup made now would reach the server. */
  get usable(): boolean {
    return this.#remote.usable;
  }

  /** Whether what is generated from now on can be stored: a point in history is known. */
  get informed(): boolean {
    return this.#ledger.current !== UNKNOWN;
  }

  /**
   * Whether a generation can begin: a point in history is known, and each that follows is pushed.
   */
  get abreast(): boolean {
    return this.informed && this.#settings.transport === 'websocket';
  }

  /** The point in the namespace's history up to which everything is known here. */
  get history(): AsOf {
    return this.#ledger.current;
  }

  /** The build this process runs; `''` where it is not known. */
  get build(): string {
    return this.#remote.build;
  }

  /** Milliseconds this process waits for another's generation, by its settings. */
  get wait(): number {
    return this.#settings.wait;
  }

  /** The header in which pages name their tags for a CDN, by its settings. */
  get cdnTags(): CdnHeader | undefined {
    return this.#settings.cdnTags;
  }

  /** What is in the near cache: entries, and their bytes. */
  get near(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#near.size, bytes: this.#near.bytes };
  }

  /**
   * Has the server connected to at once, where a connection is kept, and not with the first
   * request.
   */
  greet(): void {
    this.#remote.greet();
  }

  /** Begins a request that reads. */
  begin(): Reading {
    // Where nothing is pushed, a refresh is also what a generation's revision is known from.
    const ahead = this.#settings.nearCache > 0 || this.#settings.transport === 'http';
    return this.#coherence.begin(ahead);
  }

  /**
   * Counts what was looked up, for reports.
   *
   * @param path the path it was read for, or `''`
   * @param request the request that reads, if it is known
   * @param asked the path somebody asks for, with the first lookup of the request only
   */
  count(
    key: Key,
    { lookup, outcome }: Found,
    path: string,
    request: object | undefined,
    asked?: string,
  ): void {
    if (lookup.state !== 'miss') this.#reporter.lookedUp(key, outcome, lookup.entry.generation);
    else this.#reporter.lookedUp(key, lookup.failed ? 'failed' : outcome);
    this.#reporter.read(path, key, request);
    if (asked !== undefined) this.#reporter.asked(asked);
    // Over HTTP there is no timer beside requests.
    if (this.#settings.transport === 'http' && this.usable && this.#reporter.due) this.report();
  }

  /** Tells the server what was counted since it was told last. */
  report(): void {
    const near = { ...this.near, limit: this.#settings.nearCache };
    const report = this.#reporter.take(this.#ledger.current, near);
    this.#remote.report(report, this.#reporter.takePaths());
  }

  /**
   * Looks `key` up for a reader with these soft tags.
   *
   * @param reading the request that reads; a read that belongs to none begins one of its own
   * @returns a promise that never rejects because of the server: without it there is a near copy,
   *   or a miss whose outcome is `bypass`
   */
  lookup(
    key: Key,
    softTags: readonly string[],
    options: LookupOptions,
    reading: Reading = this.begin(),
  ): Promise<Found> {
    return this.#lookups.lookup(key, softTags, options, reading);
  }

  /** Takes what a generation will end with: see `Generations.take`. */
  take(
    key: Key,
    generation: Promise<Stored | undefined>,
    taking?: Taking,
  ): Promise<Stored | undefined> {
    return this.#generations.take(key, generation, taking);
  }

  /** Stores what was generated elsewhere: see `Generations.offer`. */
  offer(key: Key, stored: Stored & { readonly asof: AsOf }): Promise<boolean> {
    return this.#generations.offer(key, stored);
  }

  /**
   * What was generated elsewhere, for as long as the server cannot be asked: see `Lookups.lend`.
   */
  lend(...lending: Parameters<Lookups['lend']>): Found | undefined {
    return this.#lookups.lend(...lending);
  }

  /** Done when the server has answered what this process took for `key`, or never will. */
  settled(key: Key): Promise<void> {
    return this.#generations.ended(key);
  }

  /** Ends the lease of `key`, if this process holds it, so that somebody else generates. */
  release(key: Key): void {
    this.#remote.release(key);
  }

  /**
   * Ends the lease of `key`, if this process holds it: nobody is to wait for what has no value for
   * others.
   */
  decline(key: Key): void {
    this.#remote.decline(key);
  }

  /**
   * What declines the lease of `key` that this process holds now, unless what it is for has come by
   * then.
   */
  declineOf(key: Key): () => void {
    const decline = this.#remote.declineOf(key);
    return () => {
      if (!this.#generations.arriving(key)) decline();
    };
  }

  /**
   * Invalidates entries that carry one of `tags`: expired now for `expire` 0, else stale now and
   * expired after so many seconds. Done means durable, and true everywhere from now on. What is not
   * confirmed in time is remembered, applied in this process, and sent again.
   *
   * More tags than one INVALIDATE may hold travel in several, which together are not atomic.
   *
   * @throws Error when it was not confirmed in time, or the server refuses it
   */
  async invalidate(tags: readonly string[], expire: number, by: By = NOBODY): Promise<void> {
    await this.#invalidations.invalidate([...new Set(tags.flatMap(namesOf))], expire, by);
  }

  /** Closes the connection for good. */
  end(): void {
    clearInterval(this.#reports);
    this.#remote.end();
  }

  /** Keeps a copy, unless it may have been replaced on its way here, and that is forgotten. */
  #keep(copy: Copy): void {
    if (this.#ledger.recalls(copy.seen)) this.#near.keep(copy);
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
    this.#generations.end(key);
    this.#events.tell({ type: 'put', outcome, key: key.id, reason });
    // Somebody's later entry is stored, or this one was invalidated before it arrived.
    if (outcome === 'superseded' || outcome === 'expired') this.#near.drop(key);
  }
}
