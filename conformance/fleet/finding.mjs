import { bounded } from '../use-cache/next/bounded.mjs';

/**
 * What a handler did that it should not have done. Its message is a sentence without its full stop,
 * for the table.
 */
export class Finding extends Error {}

/** What cannot be tried with this handler. It is no failure. */
export class NotSupported extends Error {}

/**
 * Finds that something did not hold; `observed` is a sentence that says what was seen instead.
 *
 * @param {unknown} condition
 * @param {string | (() => string)} observed asked for only when it is needed
 * @throws {Finding}
 */
export function hold(condition, observed) {
  if (!condition) throw new Finding(typeof observed === 'function' ? observed() : observed);
}

/**
 * What `promise` settles with; finds that it takes longer than `ms`, which is what was observed.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {number} ms
 * @param {string} observed
 * @returns {Promise<T>}
 */
export function within(promise, ms, observed) {
  return bounded(promise, ms, observed).catch((error) => {
    throw error.message === observed ? new Finding(observed) : error;
  });
}
