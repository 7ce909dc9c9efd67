import { UNKNOWN, type AsOf } from './wire/frame.js';

const CAPACITY = 4096;

/**
 * What this process knew of a namespace's history, and since when.
 *
 * A generation that began at moment *t* is stamped with the last revision learnt at or before *t*.
 * An older stamp than the true one is always safe, so the record may be thinned out: it forgets
 * single steps, never the way back.
 */
export class Revisions {
  #identity = 0n;
  #moments: number[] = [];
  #revisions: bigint[] = [];

  /** The newest point known, or `UNKNOWN`. */
  get current(): AsOf {
    const revision = this.#revisions.at(-1);
    return revision === undefined ? UNKNOWN : { identity: this.#identity, revision };
  }

  /** The point known at `moment`, or `UNKNOWN` when that was before anything was learnt. */
  knownAt(moment: number): AsOf {
    let low = 0;
    let high = this.#moments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#moments[middle]! <= moment) low = middle + 1;
      else high = middle;
    }
    const revision = this.#revisions[low - 1];
    return revision === undefined ? UNKNOWN : { identity: this.#identity, revision };
  }

  /**
   * Takes the point a WELCOME names, at `moment`.
   *
   * @returns false when history was lost: what was known before does not lead to this point
   */
  welcome(asof: AsOf, moment: number): boolean {
    const { current } = this;
    const continues =
      current === UNKNOWN ||
      (current.identity === asof.identity && current.revision <= asof.revision);
    if (!continues) this.#forget();
    this.learn(asof, moment);
    return continues;
  }

  /**
   * Takes a point an answer or a push names, at `moment`. Answers may overtake each other, so a
   * lower revision teaches nothing; another identity voids what was known.
   */
  learn(asof: AsOf, moment: number): void {
    const last = this.#revisions.at(-1);
    if (last !== undefined && asof.identity !== this.#identity) this.#forget();
    else if (last !== undefined && asof.revision <= last) return;
    if (this.#moments.length === CAPACITY) this.#thin();
    this.#identity = asof.identity;
    this.#moments.push(moment);
    this.#revisions.push(asof.revision);
  }

  #forget(): void {
    this.#moments = [];
    this.#revisions = [];
  }

  /** Drops every other step of the older half. */
  #thin(): void {
    const kept = (_: unknown, n: number): boolean => n >= CAPACITY / 2 || n % 2 === 0;
    this.#moments = this.#moments.filter(kept);
    this.#revisions = this.#revisions.filter(kept);
  }
}
