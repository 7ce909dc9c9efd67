import { bounded } from './bounded.mjs';

/** Milliseconds after which a call that has not settled counts as one that never does. */
const TIMEOUT = 12_000;

/** The calls of a handler, each with what came of it. */
export class Calls {
  #handler;
  #made = [];

  /** @param {object} handler whose methods are called on it */
  constructor(handler) {
    this.#handler = handler;
  }

  /** Whether the handler has an optional method. */
  offers(method) {
    return method in this.#handler;
  }

  /**
   * Calls a method and notes how long it took.
   *
   * @param {string} method
   * @param {...unknown} args
   * @returns {Promise<unknown>} what it returns
   * @throws whatever the method throws, or an error when it does not settle
   */
  async make(method, ...args) {
    const call = { method, ms: undefined, failed: undefined };
    this.#made.push(call);
    const began = performance.now();
    try {
      const made = (async () => this.#handler[method](...args))();
      return await bounded(made, TIMEOUT, `it did not settle within ${TIMEOUT / 1000} s`);
    } catch (error) {
      call.failed = `${method} failed: ${explained(error)}`;
      throw new Error(call.failed, { cause: error });
    } finally {
      call.ms = performance.now() - began;
    }
  }

  /** The calls that have settled, each `{ method, ms, failed }`. */
  get settled() {
    return this.#made.filter(({ ms }) => ms !== undefined);
  }
}

/**
 * An error with its causes, in one line.
 *
 * @param {unknown} error whatever was thrown
 * @returns {string}
 */
function explained(error) {
  if (!(error instanceof Error)) return String(error);
  return error.cause ? `${error.message} (${explained(error.cause)})` : error.message;
}
