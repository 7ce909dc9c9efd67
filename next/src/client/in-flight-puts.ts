import { Registry } from '../runtime/registry.js';

/**
 * What is generated, or on its way to the server, by key, and who waits for it to arrive. Keys are
 * named by their `id`.
 */
export class InFlightPuts {
  readonly #waiting = new Registry<string, (() => void)[]>();

  /**
   * Notes that what `id` names is being generated; `done` is called when that has ended.
   *
   * @param done called once; several generations of one key end together
   */
  begin(id: string, done: () => void): void {
    const waiting = this.#waiting.get(id);
    if (waiting) waiting.push(done);
    else this.#waiting.add(id, [done]);
  }

  /** Notes that it has been answered, or never will be. Ends nothing where nothing has begun. */
  end(id: string): void {
    for (const done of this.#waiting.take(id) ?? []) done();
  }

  /** Done when nothing of `id` is on its way; at once where nothing is. */
  ended(id: string): Promise<void> {
    const waiting = this.#waiting.get(id);
    return waiting ? new Promise((resolve) => void waiting.push(resolve)) : Promise.resolve();
  }
}
