import type { Clock } from './clock.js';

/** Failures in a row that open it. */
const FAILURES = 3;

/** Milliseconds between two trials while it is open. */
const REST = 1000;

/**
 * A circuit breaker for what is answered too late although the link is alive: a store that hangs.
 * Each kind of request has its own, because a server that answers one may be slow at another.
 *
 * Three in a row open it. While it is open, one request a second is let through, and the first that
 * is answered closes it.
 */
export class CircuitBreaker {
  readonly #clock: Clock;
  #failures = 0;
  #retryAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Whether the next request may ask the server. Asking is what uses up the one trial, so it is
   * called for a request that is then made.
   */
  allows(): boolean {
    if (this.#failures < FAILURES) return true;
    const moment = this.#clock();
    if (moment < this.#retryAt) return false;
    this.#retryAt = moment + REST;
    return true;
  }

  /** Records a request that was answered. */
  succeeded(): void {
    this.#failures = 0;
  }

  /**
   * Records a request that was not answered in time. A connection that ended is no failure here.
   */
  failed(): void {
    this.#failures++;
    if (this.#failures === FAILURES) this.#retryAt = this.#clock() + REST;
  }
}
