import type { Clock } from '../clock.js';
import { Fruitless } from '../fruitless.js';
import type { Key } from '../key.js';
import type { Space } from './key.js';

/** Milliseconds after which a render is no longer believed to be running. */
export const LONGEST_RENDER = 20_000;

/** Generations that are known at once, at most. */
const CAPACITY = 4096;

/** Somebody in this process who generates. */
export interface Flight {
  readonly key: Key;
  readonly space: Space;
  /**
   * Whose it is: the request that generates, or the handler Next.js constructed for it; undefined when
   * that has gone.
   */
  readonly owner: object | undefined;
  /** Whether others wait for it, as there is nothing to serve meanwhile. */
  readonly awaited: boolean;
  /** Done when its value has arrived, or it was given up. */
  readonly landed: Promise<void>;
}

/** What is said of one that begins. */
export type Generation = Pick<Flight, 'space' | 'awaited'> & { readonly owner: object };

/*
 * Next.js does not tell its handler when a render throws, a response turns out not to be one that is
 * cached, or a stale page was only prefetched: `set` is just not called. Whoever waits for it would
 * wait in vain, and with him all who ask for the same, one after the other. So for a while nobody
 * waits for such a key, and nobody keeps the lease of it from others.
 */

/**
 * A generation as it is kept. A request whose render failed is not told of, and must not stay for its
 * generation: neither its owner, which has its headers, nor for longer than a render takes.
 */
class Kept implements Flight {
  readonly key: Key;
  readonly space: Space;
  readonly awaited: boolean;
  readonly landed: Promise<void>;
  /** The moment after which it is not believed any more. */
  readonly until: number;
  land: () => void = () => {};
  readonly #owner: WeakRef<object>;

  constructor(key: Key, { space, owner, awaited }: Generation, until: number) {
    this.key = key;
    this.space = space;
    this.#owner = new WeakRef(owner);
    this.awaited = awaited;
    this.until = until;
    this.landed = new Promise((resolve) => (this.land = resolve));
  }

  get owner(): object | undefined {
    return this.#owner.deref();
  }
}

/** What this process generates for its route cache, having been granted the lease of it. */
export class Flights {
  readonly #clock: Clock;
  /** By key; the oldest first. */
  readonly #flights = new Map<string, Kept>();
  /** Those of each owner, as long as they are under way. */
  readonly #owned = new WeakMap<object, Set<Kept>>();
  readonly #fruitless: Fruitless;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#fruitless = new Fruitless(clock);
  }

  /** How many are under way, as far as is known. */
  get size(): number {
    return this.#flights.size;
  }

  /** The generation of `key` that is under way, as far as is known. */
  of(key: Key): Flight | undefined {
    return this.#flights.get(key.id);
  }

  /** Those of `owner` that others wait for. */
  awaitedOf(owner: object): Flight[] {
    return [...(this.#owned.get(owner) ?? [])].filter(({ awaited }) => awaited);
  }

  /** One begins, in place of any other of its key. */
  begin(key: Key, generation: Generation): void {
    this.#end(key);
    const moment = this.#clock();
    for (const [, oldest] of this.#flights) {
      if (oldest.until <= moment) this.abandoned(oldest.key);
      else if (this.#flights.size >= CAPACITY) this.#end(oldest.key);
      else break;
    }
    const flight = new Kept(key, generation, moment + LONGEST_RENDER);
    this.#flights.set(key.id, flight);
    const { owner } = generation;
    const owned = this.#owned.get(owner);
    if (owned) owned.add(flight);
    else this.#owned.set(owner, new Set([flight]));
  }

  /** It ended with a value. */
  arrived(key: Key): void {
    this.#end(key);
    this.#fruitless.delete(key);
  }

  /** It ended without one. */
  abandoned(key: Key): void {
    this.#end(key);
    this.foundFruitless(key);
  }

  /** Somebody waited for `key` in vain, here or elsewhere. */
  foundFruitless(key: Key): void {
    this.#fruitless.add(key);
  }

  /** Whether it is of no use to wait for `key`. */
  isFruitless(key: Key): boolean {
    return this.#fruitless.has(key);
  }

  #end(key: Key): void {
    const flight = this.#flights.get(key.id);
    if (!flight) return;
    flight.land();
    this.#flights.delete(key.id);
    const { owner } = flight;
    if (owner) this.#owned.get(owner)?.delete(flight);
  }
}
