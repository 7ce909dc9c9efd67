import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks `probe` again and again until it answers with something that is true, and returns that.
 *
 * @template T
 * @param {string | (() => string)} what what is waited for, as the end of "… did not happen"; as a
 *   function where that is known only then, such as what there is instead
 * @param {() => T | Promise<T>} probe
 * @param {{ within?: number, every?: number }} [patience] milliseconds for all attempts, and
 *   between two
 * @returns {Promise<T>}
 * @throws {Error} saying what did not happen, or whatever `probe` throws
 */
export async function until(what, probe, { within = 10_000, every = 20 } = {}) {
  const deadline = performance.now() + within;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (performance.now() > deadline) {
      const missing = typeof what === 'string' ? what : what();
      throw new Error(`not within ${within} ms: ${missing}`);
    }
    await pause(every);
  }
}

/**
 * Waits until something generated at an ISO timestamp of this machine is `milliseconds` old.
 *
 * @param {{ generatedAt: string }} made
 * @param {number} milliseconds
 */
export async function untilAged({ generatedAt }, milliseconds) {
  const left = () => Date.parse(generatedAt) + milliseconds - Date.now();
  while (left() > 0) await pause(left());
}
