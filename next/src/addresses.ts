const FIRST_REST = 100;
const LONGEST_REST = 2000;

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

  /** Turns from the one in use to the next. */
  turn(): void {
    this.#at = (this.#at + 1) % this.#all.length;
  }

  /**
   * Milliseconds to leave them alone after a failure that `failures` others came before. All are
   * tried before any is left alone for longer.
   */
  rest(failures: number): number {
    const rounds = Math.floor(failures / this.#all.length);
    return Math.min(LONGEST_REST, FIRST_REST * 2 ** rounds);
  }
}

/** Milliseconds somewhere in the second half of `pause`, so that processes do not come back at once. */
export function jittered(pause: number): number {
  return pause * (0.5 + Math.random() / 2);
}
