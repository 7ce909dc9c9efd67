import type { Outcome } from '../events/events.js';
import type { Key } from '../entry/key.js';
import { ageOf } from '../entry/stored.js';
import type { Coherence } from '../near/coherence.js';
import { isDue } from '../near/early-refresh.js';
import type { Ledger } from '../near/ledger.js';
import type { Copy, NearCache } from '../near/near-cache.js';
import type { Outage } from '../near/outage.js';
import type { Undelivered } from '../near/undelivered.js';
import type { Clock } from '../runtime/clock.js';
import type { Lookup, LookupOptions } from './lookup.js';

/**
 * What is known here of an entry; `unknown` when that does not reach far enough. It is the worst of
 * three: its age, what this process has invalidated in vain, and the ledger.
 */
type Verdict = 'fresh' | 'stale' | 'expired' | 'unknown';

/**
 * A lookup, and how its outcome is called in events and metrics. The outcome is not always the
 * state of the lookup: a fresh entry may be `near`, `remote` or one that was waited for.
 */
export interface Found {
  /** What the caller goes by: what to serve, and whether to generate. */
  readonly lookup: Lookup;
  /** What is counted. */
  readonly outcome: Outcome;
  /** In a few words, why. */
  readonly reason: string;
}

/** What entries are judged by. */
export interface JudgementParts {
  readonly ledger: Ledger;
  readonly near: NearCache;
  readonly coherence: Coherence;
  readonly undelivered: Undelivered;
  readonly outage: Outage;
  /** Milliseconds by which an entry may be behind while the server cannot be asked. */
  readonly outageStaleness: number;
  /** The share of `revalidate` in which entries are regenerated early. */
  readonly earlyRefresh: number;
  readonly clock: Clock;
}

/** What entries are worth, by everything that is known in this process. */
export class Judgement {
  readonly #ledger: Ledger;
  readonly #near: NearCache;
  readonly #coherence: Coherence;
  readonly #undelivered: Undelivered;
  readonly #outage: Outage;
  readonly #outageStaleness: number;
  readonly #earlyRefresh: number;
  readonly #clock: Clock;

  constructor(parts: JudgementParts) {
    this.#ledger = parts.ledger;
    this.#near = parts.near;
    this.#coherence = parts.coherence;
    this.#undelivered = parts.undelivered;
    this.#outage = parts.outage;
    this.#outageStaleness = parts.outageStaleness;
    this.#earlyRefresh = parts.earlyRefresh;
    this.#clock = parts.clock;
  }

  /**
   * The copy of this process, if it is fresh for a reader with these soft tags, as far as is known
   * here. Whether that is known well enough is a question for `Coherence`.
   *
   * Of one that may be regenerated early the server is asked once a second, by a reader that can have
   * it regenerated: it is not found here then.
   */
  kept(key: Key, softTags: readonly string[], options: LookupOptions): Copy | undefined {
    const copy = this.#near.get(key);
    if (!copy || this.judge(copy, softTags, options.revalidate) !== 'fresh') return undefined;
    const asks =
      regenerates(copy, options) && this.#isDue(copy) && this.#near.asks(key, this.#clock());
    return asks ? undefined : copy;
  }

  /** Whether an entry may be regenerated before it grows stale. */
  #isDue({ key, life, generatedAt }: Copy): boolean {
    return isDue(this.#earlyRefresh, key, life, this.#clock() - generatedAt);
  }

  /**
   * Whether what the server has regenerated because of its age is fresh for this reader: for one that
   * names a longer `revalidate` of its own, and, where that is to happen early, for one that would
   * wait for it. That can only be said where nothing happened that is not known here.
   */
  suffices(entry: Copy, softTags: readonly string[], options: LookupOptions): boolean {
    const { freshOnly, revalidate = 0 } = options;
    const bears = revalidate > entry.life.revalidate || (freshOnly && this.#isDue(entry));
    if (!bears || this.#ledger.current.revision < entry.seen) return false;
    return this.judge(entry, softTags, revalidate) === 'fresh';
  }

  /**
   * A copy as it may be served without the server, if it may. It must be unexpired and within the
   * bound; stale it is lent only to a reader that may have it. One reader at a time is told to
   * regenerate it.
   *
   * @param why the server was not asked, for the reason of the outcome
   * @returns undefined where it may not be served
   */
  lend(
    entry: Copy,
    softTags: readonly string[],
    { freshOnly, revalidate }: LookupOptions,
    why: string,
  ): Found | undefined {
    const verdict = this.judge(entry, softTags, revalidate);
    if (verdict === 'expired' || !this.isWithinBound(entry, verdict)) return undefined;
    const moment = this.#clock();
    const behind = this.#behind(entry, verdict);
    const stale = verdict === 'stale' || ageOf(entry, moment, revalidate) === 'stale';
    if (stale && freshOnly) return undefined;
    const due = stale || (!freshOnly && this.#outage.isDue(entry.key, behind));
    this.#outage.lent(moment - behind, moment, freshOnly);
    const reason = `${why}; what is kept here was current ${Math.round(behind)} ms ago`;
    const regenerates = due && this.leads(entry);
    return { lookup: served(entry, regenerates), outcome: 'near', reason };
  }

  /** Whether whoever asks is the one to regenerate an entry without the server: one at a time. */
  leads({ key }: Copy): boolean {
    return this.#outage.leads(key);
  }

  /** Whether an entry may be served without the server: it was current not too long ago. */
  isWithinBound(entry: Copy, verdict: Verdict): boolean {
    return this.#behind(entry, verdict) <= this.#outageStaleness;
  }

  /** Milliseconds since everything was known here that could affect an entry. */
  #behind({ currentAt }: Copy, verdict: Verdict): number {
    const { asOf } = this.#coherence;
    return this.#clock() - (verdict === 'unknown' ? currentAt : Math.max(currentAt, asOf));
  }

  /**
   * An entry the server named, in the light of what it has not been told. An invalidation of this
   * process that the server has not confirmed turns what it calls fresh into stale, or into a miss.
   */
  judged(lookup: Exclude<Lookup, { state: 'miss' }>, softTags: readonly string[]): Found {
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

  /**
   * What is known here of an entry, for a reader with these soft tags. `unknown` is for who cannot
   * ask; who can does so.
   *
   * @param revalidate seconds for which it is fresh for this reader, where that is longer than it
   *   says
   */
  judge(entry: Copy, softTags: readonly string[], revalidate?: number): Verdict {
    const moment = this.#clock();
    const age = ageOf(entry, moment, revalidate);
    const owed = this.#owed(entry, softTags, moment);
    const known = this.#ledger.judge(entry, softTags, moment);
    if (age === 'expired' || owed === 'expired' || known === 'expired') return 'expired';
    if (known === 'unknown') return 'unknown';
    return age === 'stale' || owed === 'stale' || known === 'stale' ? 'stale' : 'fresh';
  }
}

/** Whether a reader has an entry regenerated once its time has come, and does not wait for that. */
function regenerates({ life }: Copy, { freshOnly, revalidate = 0 }: LookupOptions): boolean {
  return !freshOnly && revalidate <= life.revalidate;
}

/**
 * An entry to be served, and regenerated here when it is stale. It needs no lease of the server's:
 * without a server there are none.
 */
export function served(entry: Copy, stale: boolean): Lookup {
  return stale
    ? { state: 'stale', leased: true, entry, waited: 0 }
    : { state: 'fresh', leased: false, entry, waited: 0 };
}
