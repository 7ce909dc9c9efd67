import { later } from './turn.js';

/**
 * What `promise` resolves to, or undefined when that takes longer than `milliseconds`. What it
 * rejects with in time is passed on; what comes later is dropped.
 */
export function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = later(milliseconds, () => resolve(undefined));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
