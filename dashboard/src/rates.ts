import type { Sample } from './state';
import type { NamespaceState } from './types';

/** What is drawn of lookups: the outcomes that are one for whoever looks, from the best down. */
export const OUTCOMES = [
  { name: 'near', words: 'near cache', of: ['near'] },
  { name: 'fresh', words: 'fresh', of: ['fresh'] },
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
    invalidations: rate((state) => state.invalidations ?? 0),
    waiting: now.state.waiting,
    behind: now.state.instances.behind,
  };
}
