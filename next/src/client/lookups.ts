import type { Key } from '../entry/key.js';
import type { Stored } from '../entry/stored.js';
import type { Coherence, Reading } from '../near/coherence.js';
import type { Ledger } from '../near/ledger.js';
import type { Copy, NearCache } from '../near/near-cache.js';
import type { Clock } from '../runtime/clock.js';
import { sayOnce, type Log } from '../runtime/log.js';
import { within } from '../runtime/within.js';
import type { AsOf } from '../wire/frame.js';
import { LIMITS } from '../wire/limits.js';
import { softTagList } from '../wire/tag-list.js';
import { served, type Found, type Judgement } from './judgement.js';
import type { LookupOptions } from './lookup.js';
import type { Remote } from './remote.js';

/** What lookups need. */
export interface LookupParts {
  readonly remote: Remote;
  readonly ledger: Ledger;
  readonly near: NearCache;
  readonly coherence: Coherence;
  readonly judgement: Judgement;
  /** What this process generates under a key, if anything. */
  readonly arriving: (key: Key) => Promise<Copy | undefined> | undefined;
  /** Puts a copy into the near cache. */
  readonly keep: (copy: Copy) => void;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * What is lent beyond the bound of an outage: nothing; what is not known to have expired, also as
 * something stale, so that one reader at a time regenerates it; or whatever is known.
 */
export type Otherwise = 'never' | 'as stale' | 'unless expired' | 'always';

/**
 * Where an entry is looked for, in this order: among what this process generates, in its near cache
 * if that is proven to be current, on the server; and without a server in the near cache again, if
 * what is there is not too far behind.
 */
export class Lookups {
  readonly #remote: Remote;
  readonly #ledger: Ledger;
  readonly #near: NearCache;
  readonly #coherence: Coherence;
  readonly #judgement: Judgement;
  readonly #arriving: (key: Key) => Promise<Copy | undefined> | undefined;
  readonly #keep: (copy: Copy) => void;
  readonly #log: Log;
  readonly #clock: Clock;

  constructor(parts: LookupParts) {
    this.#remote = parts.remote;
    this.#ledger = parts.ledger;
    this.#near = parts.near;
    this.#coherence = parts.coherence;
    this.#judgement = parts.judgement;
    this.#arriving = parts.arriving;
    this.#keep = parts.keep;
    this.#log = parts.log;
    this.#clock = parts.clock;
  }

  /**
   * Looks `key` up for a reader with these soft tags, as current as `reading` asks for. Never
   * rejects because of the server. With more soft tags than a LOOKUP can carry nothing is read: an
   * invalidation of those left out would not be seen.
   */
  lookup(
    key: Key,
    softTags: readonly string[],
    options: LookupOptions,
    reading: Reading,
  ): Promise<Found> {
    const tags = softTagList(softTags);
    if (!tags) {
      const why = `a page with ${softTags.length} soft tags; ${LIMITS.tags} are the most there can be`;
      sayOnce(this.#log, 'soft tags', `no cache is read for ${why}`);
      return Promise.resolve(bypass('soft tags over the limit'));
    }
    const arriving = this.#arriving(key);
    if (arriving) return this.#join(arriving, key, tags, options, reading);
    return this.#find(key, tags, options, reading);
  }

  /**
   * What was generated elsewhere, as it may be served while the server cannot be asked: judged by
   * what is known here, within the bound of an outage; beyond that as `otherwise` says, and rather
   * what this process has kept under the key.
   */
  lend(
    key: Key,
    stored: Stored & { readonly asof: AsOf },
    options: LookupOptions,
    why: string,
    otherwise: Otherwise,
  ): Found | undefined {
    const entry = { ...stored, key, seen: stored.asof.revision, currentAt: -Infinity };
    const lent = this.#judgement.lend(entry, [], options, why);
    if (lent || otherwise === 'never') return lent;
    // What has replaced it, without an invalidation, is out of reach.
    const unreplaced = { ...entry, seen: this.#ledger.current.revision };
    const last = this.#unexpired(this.#near.get(key)) ?? this.#unexpired(unreplaced);
    if (!last && otherwise !== 'always') return undefined;
    const regenerates = otherwise === 'as stale' && this.#judgement.leads(entry);
    return {
      lookup: served(last ?? entry, regenerates),
      outcome: 'near',
      reason: `${why}; there is nothing else`,
    };
  }

  /** An entry, unless it is known to have expired. */
  #unexpired(entry: Copy | undefined): Copy | undefined {
    return entry && this.#judgement.judge(entry, []) !== 'expired' ? entry : undefined;
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
          resolve(this.#unreached(key, softTags, options, lookup.reason, lookup.failed));
        }
      }),
    );
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

  /** What there is without the server: a copy that is not too far behind, or nothing. */
  #unreached(
    key: Key,
    softTags: readonly string[],
    options: LookupOptions,
    why: string,
    failed = false,
  ): Found {
    const entry = this.#near.get(key);
    return (entry && this.#judgement.lend(entry, softTags, options, why)) ?? bypass(why, failed);
  }
}

const KEPT = 'kept in this process';
const CONFIRMED = `${KEPT}, confirmed by the server`;

function near(entry: Copy, reason: string): Found {
  const lookup = { state: 'fresh', leased: false, entry, waited: 0 } as const;
  return { lookup, outcome: 'near', reason };
}

function bypass(reason: string, failed = false): Found {
  const nothing = { state: 'miss', leased: false, answered: false, reason, waited: 0 } as const;
  const lookup = failed ? ({ ...nothing, failed } as const) : nothing;
  return { lookup, outcome: 'bypass', reason };
}
