import { bounded } from '../use-cache/next/bounded.mjs';

/** What a handler did that it should not have done. */
export class Finding extends Error {}

/** What cannot be tried with this handler. */
export class NotSupported extends Error {}

/** Finds that something did not hold; `observed` is a sentence that says what was seen instead. */
export function hold(condition, observed) {
  if (!condition) throw new Finding(typeof observed === 'function' ? observed() : observed);
}

/** What `promise` settles with; finds that it takes longer than `ms`, which is what was observed. */
export function within(promise, ms, observed) {
  return bounded(promise, ms, observed).catch((error) => {
    throw error.message === observed ? new Finding(observed) : error;
  });
}
