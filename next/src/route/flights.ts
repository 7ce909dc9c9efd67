import type { Clock } from '../clock.js';
import type { Key } from '../key.js';

/** Milliseconds for which nobody waits for a key whose generation ended without a value. */
const FRUITLESS = 60_000;

/** Keys remembered as such. */
const CAPACITY = 4096;

/** Somebody in this process who generates. */
export interface Flight {
  readonly key: Key;
  /** Whose it is: the handler of the request that generates. */
  readonly owner: object;
  /** Whether others wait for it, as there is nothing to serve meanwhile. */
  readonly awaited: boolean;
  /** Done when its value has arrived, or it was given up. */
  readonly landed: Promise<void>;
}

/*
 * Next.js does not tell its handler when a render throws, a response turns out not to be one that is
 * cached, or a stale page was only prefetched: `set` is just not called. Whoever waits for it would
 * wait in vain, and with him all who ask for the same, one after the other. So for a while nobody
 * waits for such a key, and nobody keeps the lease of it from others.
 */

/** What this process generates for its route cache, having been granted the lease of it. */
export class Flights {
  readonly #clock: Clock;
  readonly #flights = new Map<string, Flight & { readonly land: () => void }>();
  /** Until when nobody waits, by key; the oldest first. */
  readonly #fruitless = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The generation of `key` that is under way, as far as is known. */
  of(key: Key): Flight | undefined {
    return this.#flights.get(key.id);
  }

  /** Those of `owner` that others wait for. */
  awaitedOf(owner: object): Flight[] {
    return [...this.#flights.values()].filter((flight) => flight.awaited && flight.owner === owner);
  }

  /** One begins, in place of any other of its key. */
  begin(key: Key, owner: object, awaited: boolean): void {
    this.#flights.get(key.id)?.land();
    let land = (): void => {};
    const landed = new Promise<void>((resolve) => (land = resolve));
    this.#flights.set(key.id, { key, owner, awaited, landed, land });
  }

  /** It ended with a value. */
  arrived(key: Key): void {
    this.#end(key);
    this.#fruitless.delete(key.id);
  }

  /** It ended without one. */
  abandoned(key: Key): void {
    this.#end(key);
    this.foundFruitless(key);
  }

  /** Somebody waited for `key` in vain, here or elsewhere. */
  foundFruitless(key: Key): void {
    this.#fruitless.delete(key.id);
    this.#fruitless.set(key.id, this.#clock() + FRUITLESS);
    if (this.#fruitless.size <= CAPACITY) return;
    const [oldest] = this.#fruitless.keys();
    this.#fruitless.delete(oldest!);
  }

  /** Whether it is of no use to wait for `key`. */
  isFruitless(key: Key): boolean {
    const until = this.#fruitless.get(key.id);
    return until !== undefined && until > this.#clock();
  }

  #end(key: Key): void {
    this.#flights.get(key.id)?.land();
    this.#flights.delete(key.id);
  }
}
