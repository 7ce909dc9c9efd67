import type { Clock } from './clock.js';
import { later } from './turn.js';

/**
 * A state that changes, and those who wait for it to: a condition variable. Whoever changes the
 * state calls `wake`; those who wait then look at the state themselves.
 */
export class Condition {
  readonly #clock: Clock;
  readonly #waiters = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wakes all who wait; they go on in the microtasks of this turn of the event loop. */
  wake(): void {
    for (const woken of this.#waiters) woken();
  }

  /**
   * Waits for the next `wake`, or for `most` milliseconds; without them for ever. Never rejects.
   */
  next(most?: number): Promise<void> {
    return new Promise((resolve) => {
      const woken = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(woken);
        resolve();
      };
      const timer = most === undefined ? undefined : later(most, woken);
      this.#waiters.add(woken);
    });
  }

  /**
   * Waits until `reached` says so, for at most `most` milliseconds; at once where it does already.
   */
  async until(reached: () => boolean, most: number): Promise<void> {
    const deadline = this.#clock() + most;
    for (let left = most; left > 0 && !reached(); left = deadline - this.#clock()) {
      await this.next(left);
    }
  }
}
