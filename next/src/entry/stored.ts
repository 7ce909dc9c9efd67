import { NEVER, type AsOf, type Kind, type Life } from '../wire/frame.js';
import type { Value } from '../wire/value.js';

/** What is stored under a key. It is kept and judged as it is: nobody changes it. */
export interface Stored {
  readonly value: Value;
  /** As the generation named them, or by their names in the protocol once it is a copy. */
  readonly tags: readonly string[];
  readonly life: Life;
  /**
   * When its generation began, on this process' clock. In milliseconds; what travels is how long
   * ago that was.
   */
  readonly generatedAt: number;
  /** The point in history it was generated as of, where that was not when its generation began. */
  readonly asof?: AsOf;
  /** Milliseconds its generation took, where that is known. */
  readonly generation?: number;
  /** What it is, for people. */
  readonly label?: string;
  readonly kind?: Kind;
  /** The only build that finds it; absent or `''` where others may. */
  readonly build?: string;
}

/**
 * What time alone says of an entry at `moment`. At exactly `expire` an entry has expired; at
 * exactly `revalidate` it is fresh.
 *
 * @param revalidate seconds for which it is fresh for who asks, where that is longer than it says
 * @param moment on the clock of `generatedAt`
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
