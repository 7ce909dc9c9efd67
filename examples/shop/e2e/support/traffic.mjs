import { setTimeout as pause } from 'node:timers/promises';

/**
 * What one visit came to.
 *
 * @typedef {{ visitor: string, ms: number, failure?: Error }} Visit
 */

/** Visitors who come back again and again until they are stopped. */
export class Traffic {
  /** @type {Visit[]} */ #visits = [];
  /** @type {Promise<void>[]} */ #visitors;
  #stopped = false;

  /**
   * @param {Record<string, () => Promise<unknown>>} visits what each visitor does, by name; a visit
   *   that rejects has failed
   * @param {number} rest milliseconds between the visits of one visitor
   */
  constructor(visits, rest = 10) {
    this.#visitors = Object.entries(visits).map(async ([visitor, visit]) => {
      while (!this.#stopped) {
        const began = performance.now();
        const failure = await visit().then(
          () => undefined,
          (error) => error,
        );
        this.#visits.push({ visitor, ms: performance.now() - began, failure });
        await pause(rest);
      }
    });
  }

  /** How many visits have ended. */
  get count() {
    return this.#visits.length;
  }

  /** Stops all visitors; done when their last visits have ended. */
  async stop() {
    this.#stopped = true;
    await Promise.all(this.#visitors);
  }

  /** The longest visit, in milliseconds; throws the failure of the first that failed. */
  slowest() {
    const failed = this.#visits.filter(({ failure }) => failure);
    if (failed.length > 0) {
      const { visitor, failure } = failed[0];
      throw new Error(
        `${failed.length} of ${this.count} visits failed, first ${visitor}: ${failure.message}`,
        { cause: failure },
      );
    }
    return Math.max(...this.#visits.map(({ ms }) => ms));
  }
}
