import type { Clock } from '../runtime/clock.js';
import type { Stored } from '../entry/stored.js';
import { NEVER } from '../wire/frame.js';

/** Invalidations remembered; beyond, everything generated here before counts as expired. */
const CAPACITY = 1024;

/** An invalidation the server has not confirmed. Moments are on this process' clock. */
export interface Owed {
  /** Undefined is every tag there is. */
  readonly tags: readonly string[] | undefined;
  /** When it was asked for. It concerns what was generated until then. */
  readonly at: number;
  /**
   * When it expires what was generated before: `-Infinity` is at once. `Infinity` is never: stale
   * only.
   */
  readonly deadline: number;
}

/**
 * The invalidations of this process that could not be delivered. Until they are, nothing that was
 * generated before them is called fresh here, wherever it comes from.
 *
 * They are in memory only: a process that ends takes them with it. At most 1024 are remembered; one
 * that says no more than a later one is dropped.
 */
export class Undelivered {
  readonly #clock: Clock;
  #owed: Owed[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The number of those that wait to be delivered. */
  get size(): number {
    return this.#owed.filter(({ tags }) => tags).length;
  }

  /**
   * Remembers an invalidation asked for at `at`, with the seconds of its INVALIDATE.
   *
   * @param expire seconds, 0 for at once
   * @returns false when there are too many to be delivered: everything generated before is expired
   *   here from now on, and the other instances will not learn of it
   */
  remember(tags: readonly string[], expire: number, at: number): boolean {
    const deadline = expire === 0 ? -Infinity : expire >= NEVER ? Infinity : at + expire * 1000;
    const covered = (owed: Owed): boolean =>
      owed.at <= at && owed.deadline >= deadline && !!owed.tags?.every((tag) => tags.includes(tag));
    this.#owed = [...this.#owed.filter((owed) => !covered(owed)), { tags, at, deadline }];
    if (this.#owed.length <= CAPACITY) return true;
    this.#owed = [{ tags: undefined, at, deadline: -Infinity }];
    return false;
  }

  /**
   * What these say of an entry, for a reader with `softTags`. `moment` is the present one;
   * deadlines are compared with it.
   */
  judge(
    { tags, generatedAt }: Pick<Stored, 'tags' | 'generatedAt'>,
    softTags: readonly string[],
    moment: number,
  ): 'unaffected' | 'stale' | 'expired' {
    let stale = false;
    for (const owed of this.#owed) {
      if (generatedAt > owed.at) continue;
      const names = owed.tags;
      if (names && !names.some((tag) => tags.includes(tag) || softTags.includes(tag))) continue;
      if (owed.deadline <= moment) return 'expired';
      stale = true;
    }
    return stale ? 'stale' : 'unaffected';
  }

  /**
   * Delivers them one by one, and forgets each that was; stops at the first that fails.
   *
   * @param send takes the tags and the seconds left until they expire, 0 for at once; its rejection
   *   ends the delivery, and is that of the promise returned
   */
  async deliver(send: (tags: readonly string[], expire: number) => Promise<void>): Promise<void> {
    for (const owed of this.#owed) {
      if (!owed.tags) continue;
      await send(owed.tags, this.#secondsLeft(owed));
      this.#owed = this.#owed.filter((other) => other !== owed);
    }
  }

  #secondsLeft({ deadline }: Owed): number {
    if (deadline === Infinity) return NEVER;
    return Math.max(0, Math.ceil((deadline - this.#clock()) / 1000));
  }
}
