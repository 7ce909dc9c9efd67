import { nameOf, tagsOf } from './population.mjs';
import { generatedAt, moment, valueOf } from './values.mjs';

/**
 * Readers of a population that regenerate what they miss and note what they were given, until they
 * are stopped. Each reads one entry after the other.
 */
export class Watch {
  #requests;
  #population;
  #readers;
  #next = 0;
  #stopped = false;
  #reads = { index: [], began: [], ended: [], born: [] };
  #failures = 0;

  /**
   * @param {import('./requests.mjs').Requests} requests
   * @param {import('./population.mjs').Population} population
   */
  constructor(requests, population, inFlight) {
    this.#requests = requests;
    this.#population = population;
    this.#readers = Array.from({ length: inFlight }, () => this.#reading());
  }

  /**
   * Stops reading.
   *
   * @returns {Promise<Reads>} what was read, one column each: `began` and `ended` by `moment()`, `born`
   *   when the value was generated, 0 for a miss and -1 for a value that is not that of the entry
   */
  async end() {
    this.#stopped = true;
    await Promise.all(this.#readers);
    const columns = Object.entries(this.#reads).map(([name, all]) => [
      name,
      Float64Array.from(all),
    ]);
    return { ...Object.fromEntries(columns), failures: this.#failures };
  }

  async #reading() {
    while (!this.#stopped) {
      const index = this.#next++ % this.#population.count;
      try {
        await this.#read(index);
      } catch {
        this.#failures++;
      }
      // Timers and what comes in over IPC have their turn even when every read is from memory.
      await new Promise(setImmediate);
    }
  }

  async #read(index) {
    const { size } = this.#population;
    const name = nameOf(this.#population, index);
    const request = this.#requests.begin();
    const began = moment();
    const [chunks] = await this.#requests.read(request, [name]);
    const ended = moment();
    const born = chunks ? (generatedAt(chunks, name, size) ?? -1) : 0;
    this.#reads.index.push(index);
    this.#reads.began.push(began);
    this.#reads.ended.push(ended);
    this.#reads.born.push(born);
    if (chunks) return;
    // A generation reads its data before it is stored.
    const value = valueOf(name, size, moment());
    await this.#requests.write(name, value, tagsOf(this.#population, index));
  }
}

/**
 * @typedef {{ index: Float64Array, began: Float64Array, ended: Float64Array, born: Float64Array,
 *   failures: number }} Reads
 */
