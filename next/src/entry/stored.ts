import { NEVER, type AsOf, type Life } from '../wire/frame.js';
import type { Value } from '../wire/value.js';

/** What is stored under a key. */
export interface Stored {
  readonly value: Value;
  readonly tags: readonly string[];
  readonly life: Life;
  /** When its generation began, on this process' clock. */
  readonly generatedAt: number;
  /** The point in history it was generated as of, where that was not when its generation began. */
  readonly asof?: AsOf;
}

/**
 * What time alone says of an entry at `moment`.
 *
 * @param revalidate seconds for which it is fresh for who asks, where that is longer than it says
 */
export function ageOf(
  { life, generatedAt }: Stored,
  moment: number,
  revalidate = 0,
): 'fresh' | 'stale' | 'expired' {
  const seconds = (moment - generatedAt) / 1000;
  if (life.expire < NEVER && seconds >= life.expire) return 'expired';
  const limit = Math.max(life.revalidate, revalidate);
  return limit < NEVER && seconds > limit ? 'stale' : 'fresh';
}
