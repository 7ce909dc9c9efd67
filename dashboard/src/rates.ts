import type { Sample } from './state';
import type { NamespaceState } from './types';

/** What is drawn of lookups: the outcomes that are one for whoever looks, from the best down. */
export const OUTCOMES = [
  { name: 'near', words: 'near cache', of: ['near'] },
  { name: 'fresh', words: 'fresh', of: ['fresh', 'early'] },
  { name: 'stale', words: 'stale', of: ['stale'] },
  { name: 'miss', words: 'miss', of: ['miss'] },
  { name: 'expired', words: 'expired', of: ['expired_tag', 'expired_age', 'forgotten'] },
  { name: 'failed', words: 'failed or bypassed', of: ['failed', 'bypass'] },
] as const;

export type Outcome = (typeof OUTCOMES)[number]['name'];

/** What happened between two samples, each a number a second. */
export interface Rates {
  at: number;
  lookups: Record<Outcome, number>;
  total: number;
  /** The share of lookups that were served something; NaN if there were none. */
  hits: number;
  generations: number;
  /** Seconds of generation that were spared, a second. */
  saved: number;
  /** Milliseconds that half the lookups at the server take at most; NaN if there were none. */
  p50: number;
  /** Milliseconds that all but a hundredth take at most. */
  p99: number;
  invalidations: number;
  waiting: number;
  behind: number;
}

/** The rates of samples, one for each but the first. */
export function rates(samples: readonly Sample[]): Rates[] {
  return samples.slice(1).map((now, i) => between(samples[i]!, now));
}

/** The mean of some samples, as one. */
export function mean(samples: readonly Sample[]): Rates | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  return first && last && first !== last ? between(first, last) : undefined;
}

function between(before: Sample, now: Sample): Rates {
  const seconds = Math.max(0.001, (now.at - before.at) / 1000);
  const rate = (of: (state: NamespaceState) => number) =>
    Math.max(0, of(now.state) - of(before.state)) / seconds;
  const took = (share: number) =>
    percentile(share, now.bounds, before.state.lookupDurations, now.state.lookupDurations);
  const lookups = {} as Record<Outcome, number>;
  for (const outcome of OUTCOMES) {
    lookups[outcome.name] = rate((state) =>
      outcome.of.reduce((sum, name) => sum + (state.lookups?.[name] ?? 0), 0),
    );
  }
  const total = Object.values(lookups).reduce((sum, each) => sum + each, 0);
  return {
    at: now.at,
    lookups,
    total,
    hits: (lookups.near + lookups.fresh + lookups.stale) / total,
    generations: rate((state) => state.generations?.count ?? 0),
    saved: rate((state) => state.savedMillis) / 1000,
    p50: 1000 * took(0.5),
    p99: 1000 * took(0.99),
    invalidations: rate((state) => state.invalidations ?? 0),
    waiting: now.state.waiting,
    behind: now.state.instances.behind,
  };
}

/**
 * A percentile of what happened between two counts of durations, in the unit of the bounds: within its
 * two bounds in proportion, as `histogram_quantile` of Prometheus has it; NaN if nothing happened.
 *
 * @param share from 0 to 1
 * @param then how many took at most as long as each bound and longer than the one before
 */
export function percentile(
  share: number,
  bounds: readonly number[],
  then: readonly number[] = [],
  now: readonly number[] = [],
): number {
  const counts = now.map((count, i) => Math.max(0, count - (then[i] ?? 0)));
  const rank = share * counts.reduce((sum, each) => sum + each, 0);
  let before = 0;
  for (const [i, count] of counts.entries()) {
    if (count > 0 && before + count >= rank) {
      const lower = bounds[i - 1] ?? 0;
      const upper = bounds[i];
      return upper === undefined ? lower : lower + ((upper - lower) * (rank - before)) / count;
    }
    before += count;
  }
  return NaN;
}
