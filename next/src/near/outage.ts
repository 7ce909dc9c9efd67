import type { Clock } from '../runtime/clock.js';
import type { Key } from '../entry/key.js';

/** The share of the bound after which what is lent is generated anew, at the earliest. */
const EARLIEST = 0.75;

/** Milliseconds for which nobody else generates what somebody was told to. */
const TURN = 5000;

/** What spreads numbers that follow each other evenly between 0 and 1. */
const GOLDEN = 0.618_033_988_75;

/** Keys remembered as being generated. */
const CAPACITY = 4096;

/** What was lent: when last, and the oldest moment until which everything is in it. */
interface Loan {
  readonly at: number;
  readonly from: number;
}

const NONE: Loan = { at: -Infinity, from: Infinity };

/*
 * Without the server a process serves what it knew a little while ago, and nobody grants leases. So
 * it sees to it by itself that an outage of the server is none of the origin:
 *
 * One request at a time is told to regenerate what is stale, and the others are served it.
 *
 * What the whole fleet knew ends with the bound at one moment. A key is generated behind its readers
 * before that: each in its own moment of the last quarter, other in each process.
 *
 * What is generated from what was lent is as far behind as that, however young it is, and must not
 * be served for the whole bound once more.
 */

/** What this process lends while the server cannot be asked. Moments are on this process' clock. */
export class Outage {
  readonly #bound: number;
  readonly #clock: Clock;
  readonly #offset = (process.pid * GOLDEN) % 1;
  /** Until when somebody generates, by key; the oldest first. */
  readonly #turns = new Map<string, number>();
  #shown = NONE;
  #stored = NONE;

  /** @param bound milliseconds by which what is lent may be behind */
  constructor(bound: number, clock: Clock) {
    this.#bound = bound;
    this.#clock = clock;
  }

  /**
   * Whether a copy that is so many milliseconds behind is to be generated anew. When that is,
   * between three quarters of the bound and all of it, depends on the key and the process.
   */
  isDue(key: Key, behind: number): boolean {
    const share = (Number.parseInt(key.id.slice(0, 8), 16) / 2 ** 32 + this.#offset) % 1;
    return behind > this.#bound * (EARLIEST + (1 - EARLIEST) * share);
  }

  /** Whether who asks is the one to generate `key` now. One is, for five seconds. */
  leads(key: Key): boolean {
    const moment = this.#clock();
    if ((this.#turns.get(key.id) ?? -Infinity) > moment) return false;
    this.#turns.delete(key.id);
    this.#turns.set(key.id, moment + TURN);
    if (this.#turns.size > CAPACITY) this.#turns.delete(this.#turns.keys().next().value!);
    return true;
  }

  /**
   * Notes at `moment` that a copy was lent in which everything is until `from`, to a reader that
   * only shows it or to one that stores what it reads.
   */
  lent(from: number, moment: number, stores: boolean): void {
    this.#shown = { at: moment, from: Math.min(this.#shown.from, from) };
    if (stores) this.#stored = { at: moment, from: Math.min(this.#stored.from, from) };
  }

  /**
   * The moment until which everything is in what was generated from `began` on: that one, or an
   * earlier one if it may be made from what was lent meanwhile. It is what such a copy is kept
   * with, so that it is not lent for longer than what it is made of.
   *
   * @param whole whether it is a whole page, which is made of all that it shows
   */
  currentAt(began: number, whole: boolean): number {
    const { at, from } = whole ? this.#shown : this.#stored;
    return at < began ? began : Math.min(began, from);
  }

  /** The server is reached: nothing is lent, and what will be has another past. */
  end(): void {
    this.#turns.clear();
    this.#shown = NONE;
    this.#stored = NONE;
  }
}
