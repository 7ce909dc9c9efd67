import { now } from './clock.mjs';
import { corrupt } from './corrupt.mjs';

/** `cacheLife` where a cached function sets none, in seconds. */
const DEFAULT_LIFE = { stale: 300, revalidate: 900, expire: 4294967294 };

/**
 * What came of running a cached function: the chunks it wrote before it ended or failed, or that
 * its render was given up as dynamic.
 *
 * @typedef {{ chunks: Uint8Array[], failure?: string, abandoned?: boolean }} Run
 */

/** One run of a cached function, and the entry it makes. */
export class Generation {
  #about;
  #run;
  #handed = [];

  /**
   * @param {object} about tags, lifetimes and the moment it began
   * @param {Run} run
   */
  constructor(about, run) {
    this.#about = about;
    this.#run = run;
  }

  /**
   * Runs a cached function.
   *
   * @param {import('../../fleet/instance.mjs').Read} call
   * @param {(key: string) => Promise<Run>} run
   * @returns {Promise<Generation>} also of one that failed
   */
  static async of({ key, tags = [], life = {} }, run) {
    const about = { tags, timestamp: now(), ...DEFAULT_LIFE, ...life };
    return new Generation(about, await run(key));
  }

  /** Why the function failed; undefined where it did not. */
  get failure() {
    return this.#run.failure;
  }

  /** Whether its render was given up, so that there is no entry. */
  get abandoned() {
    return this.#run.abandoned === true;
  }

  /** All bytes it wrote. */
  get value() {
    return Buffer.concat(this.#run.chunks);
  }

  /** Tags, lifetimes and the moment generation began. */
  get about() {
    return this.#about;
  }

  /**
   * An entry for the handler; its stream errors at its end when the function failed.
   *
   * @returns {object} as Next.js hands it to `set`: `timestamp` is in milliseconds since the epoch,
   *   lifetimes are in seconds, `value` is a stream of bytes
   */
  entry() {
    return { ...this.#about, tags: [...this.#about.tags], value: this.#stream() };
  }

  /**
   * Does with the chunks of its entries what the request may do that generated: Next.js hands them
   * to it as well.
   */
  corrupt() {
    this.#handed.splice(0).forEach(corrupt);
  }

  /**
   * What a function that reads root params stores under its plain key: their names.
   *
   * @param {string[]} names
   * @returns {object} an entry of one byte, whose tags have the names
   */
  redirection(names) {
    const value = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array([0]));
        controller.close();
      },
    });
    const tags = [...this.#about.tags, ...names.map((name) => ROOT_PARAM + name)];
    return { ...this.#about, tags, value };
  }

  /** A stream of copies of the chunks, which are noted so that `corrupt` finds them. */
  #stream() {
    const { chunks, failure } = this.#run;
    const rest = [...chunks];
    const handed = this.#handed;
    return new ReadableStream({
      pull(controller) {
        if (rest.length > 0) {
          const chunk = Uint8Array.from(rest.shift());
          handed.push(chunk);
          controller.enqueue(chunk);
        } else if (failure) controller.error(new Error(failure));
        else controller.close();
      },
    });
  }
}

/** Begins the tags of an entry that only names the root params the real one depends on. */
export const ROOT_PARAM = '_N_RP_';
