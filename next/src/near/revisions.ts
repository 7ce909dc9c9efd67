import { UNKNOWN, type AsOf } from '../wire/frame.js';

/** Steps remembered. */
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
   * Takes a point reached at `moment`, further on in the history known.
   *
   * @param moment on this process' clock, not before the one of the last call
   */
  learn(asof: AsOf, moment: number): void {
    if (this.#moments.length === CAPACITY) this.#thin();
    this.#identity = asof.identity;
    this.#moments.push(moment);
    this.#revisions.push(asof.revision);
  }

  /** Forgets everything: the next point may belong to another history. */
  forget(): void {
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
