import { detached } from '../runtime/detached.js';

/** Milliseconds to leave the servers alone after a failure, at first and at most. */
const FIRST_REST = 100;
const LONGEST_REST = 2000;

/** Milliseconds a handshake may take at most. */
export const LONGEST_HANDSHAKE = 5000;

/** The same at first, where there are other servers. */
const FIRST_HANDSHAKE = 2000;

/**
 * The addresses of the servers that share a store, one of which is in use. It knows nothing of the
 * network: whoever asks a server says here that it failed.
 */
export class Addresses {
  readonly #all: readonly string[];
  #at: number;

  /**
   * @param all at least one
   * @param random from 0 to 1, 1 excluded: which one comes first, so that processes spread
   */
  constructor(all: readonly string[], random: () => number = chance) {
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

  /** Whether there is more than one. */
  get several(): boolean {
    return this.count > 1;
  }

  /** Uses this one of them from now on. One that is none of them stands for the first. */
  use(url: string): void {
    this.#at = Math.max(0, this.#all.indexOf(url));
  }

  /** Turns from the one in use to the next. */
  turn(): void {
    this.#at = (this.#at + 1) % this.#all.length;
  }

  /** Turns to the next if this is the one in use: somebody else may have turned before. */
  leave(url: string): void {
    if (url === this.current) this.turn();
  }

  /**
   * Milliseconds to leave them alone after a failure that `failures` others came before. All are
   * tried before any is left alone for longer. From 100 ms it doubles with each round, up to 2 s.
   * It is not jittered yet: see `jittered`.
   *
   * @param failures how many there were in a row, without this one
   */
  rest(failures: number): number {
    return Math.min(LONGEST_REST, FIRST_REST * 2 ** this.#rounds(failures));
  }

  /**
   * Milliseconds a handshake may take after so many failures. One that is frozen accepts
   * connections and says nothing, so where there are others it is left soon. Beside others that is
   * 2 s, then twice as long with each round, up to 5 s.
   */
  handshake(failures: number): number {
    if (!this.several) return LONGEST_HANDSHAKE;
    return Math.min(LONGEST_HANDSHAKE, FIRST_HANDSHAKE * 2 ** this.#rounds(failures));
  }

  /** How often all of them were tried. */
  #rounds(failures: number): number {
    return Math.floor(failures / this.#all.length);
  }
}

/** A number from 0 to 1, which Next.js does not see a render ask for. */
function chance(): number {
  return detached(Math.random);
}

/**
 * Milliseconds somewhere in the second half of `pause`, so that processes do not come back at once.
 */
export function jittered(pause: number): number {
  return pause * (0.5 + chance() / 2);
}
