import type { Clock } from '../runtime/clock.js';
import type { Key } from '../entry/key.js';

/** Milliseconds for which nobody waits for a key whose generation ended without a value. */
const LASTING = 60_000;

/** Keys remembered as such. */
const CAPACITY = 4096;

/**
 * Keys whose generation ended without a value for others, so that nobody waits for the next one.
 *
 * The server remembers them too, of all processes, for those who ask it. This is for the waits it
 * does not see: for a generation of this process, whose readers do not ask the server, and for one
 * elsewhere that was waited for in vain, of which nobody has told it that it ended.
 *
 * At most 4096 keys are remembered, each for a minute.
 */
export class FailedGenerations {
  readonly #clock: Clock;
  /** Until when nobody waits, by key; the oldest first. */
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A generation of `key` ended without a value. The minute begins anew if it is known already. */
  add(key: Key): void {
    this.#until.delete(key.id);
    this.#until.set(key.id, this.#clock() + LASTING);
    if (this.#until.size <= CAPACITY) return;
    const [oldest] = this.#until.keys();
    this.#until.delete(oldest!);
  }

  /** One ended with a value. */
  delete(key: Key): void {
    this.#until.delete(key.id);
  }

  /** Whether it is of no use to wait for `key`. */
  has(key: Key): boolean {
    const until = this.#until.get(key.id);
    return until !== undefined && until > this.#clock();
  }
}
