import { EventEmitter, once } from 'node:events';
import { Finding } from './finding.mjs';

/** Milliseconds in which a generation that is waited for begins. */
const TIMEOUT = 10_000;

/*
 * Where the data of cached functions comes from. It is in the process of the tests, so that they
 * know when a generation began, decide when it ends, and count.
 */

/** What all cached functions of a fleet read, by cache key. */
export class Origin {
  #data = new Map();
  #asked = new Map();
  #holds = new Map();
  #events = new EventEmitter().setMaxListeners(0);

  /**
   * Sets what a generation of `key` reads from now on; it reads when it begins.
   *
   * @param {string | Uint8Array | Uint8Array[]} value as one chunk, or in chunks
   * @param {{ failure?: string, abandoned?: boolean }} how `failure` is thrown after the value was
   *   written; with `abandoned` the render is given up as dynamic
   */
  put(key, value, { failure, abandoned } = {}) {
    const chunks = (Array.isArray(value) ? value : [value]).map((chunk) => Buffer.from(chunk));
    this.#data.set(key, { chunks, failure, abandoned });
  }

  /** How many generations of `key` have begun. */
  asked(key) {
    return this.#asked.get(key) ?? 0;
  }

  /** Waits until `times` generations of `key` have begun; finds that they do not. */
  async began(key, times = 1) {
    const signal = AbortSignal.timeout(TIMEOUT);
    while (this.asked(key) < times) {
      await once(this.#events, key, { signal }).catch(() => {
        throw new Finding(`nobody generated within ${TIMEOUT / 1000} s`);
      });
    }
  }

  /**
   * Holds every generation of `key` from now on; returns what lets them end.
   *
   * @returns {() => void}
   */
  hold(key) {
    let release;
    this.#holds.set(key, new Promise((resolve) => (release = resolve)));
    return () => {
      this.#holds.delete(key);
      release();
    };
  }

  /** Holds no generation of `key` that begins from now on; those that are held stay so. */
  pass(key) {
    this.#holds.delete(key);
  }

  /**
   * Runs the cached function of `key`: what it reads is what was set when it began. A key nobody
   * has set has a value of its own.
   */
  async run(key) {
    const read = this.#data.get(key) ?? { chunks: [Buffer.from(`nothing for ${key}`)] };
    this.#asked.set(key, this.asked(key) + 1);
    this.#events.emit(key);
    await this.#holds.get(key);
    return read;
  }
}
