/** The addresses of the servers that share a store, one of which is in use. */
export class Addresses {
  readonly #all: readonly string[];
  #at: number;

  /**
   * @param all at least one
   * @param random from 0 to 1, 1 excluded: which one comes first, so that processes spread
   */
  constructor(all: readonly string[], random: () => number = Math.random) {
    this.#all = all;
    this.#at = Math.floor(random() * all.length);
  }

  /** The one in use. */
  get current(): string {
    return this.#all[this.#at]!;
  }

  /** How many there are. */
  get count(): number {
    return this.#all.length;
  }

  /** Turns from the one in use to the next. */
  turn(): void {
    this.#at = (this.#at + 1) % this.#all.length;
  }
}
