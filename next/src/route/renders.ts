import type { Clock } from '../runtime/clock.js';
import { FailedGenerations } from '../client/failed-generations.js';
import type { Key } from '../entry/key.js';
import type { Space } from './key.js';

/** Milliseconds after which a render is no longer believed to be running. */
export const LONGEST_RENDER = 20_000;

/** Generations that are known at once, at most. */
const CAPACITY = 4096;

/** Somebody in this process who generates. */
export interface Render {
  readonly key: Key;
  readonly space: Space;
  /**
   * Whose it is: the request that generates, or the handler Next.js constructed for it; undefined
   * when that has gone.
   */
  readonly owner: object | undefined;
  /**
   * Whether others wait for it, as there is nothing to serve meanwhile. A page that is stale is
   * rendered behind its answer, and nobody waits.
   */
  readonly awaited: boolean;
  /** Done when its value has arrived, or it was given up. Never rejects. */
  readonly settled: Promise<void>;
}

/** What is said of one that begins. */
export type Generation = Pick<Render, 'space' | 'awaited'> & { readonly owner: object };

/*
 * Next.js does not tell its handler when a render throws, a response turns out not to be one that is
 * cached, or a stale page was only prefetched: `set` is just not called. Whoever waits for it would
 * wait in vain, and so would all who ask for the same, one after the other. So for a while nobody
 * waits for such a key, and nobody keeps the lease of it from others.
 */

/**
 * A generation as it is kept. A request whose render failed is not told of, and must not stay for
 * its generation: neither its owner, which has its headers, nor for longer than a render takes.
 */
class Kept implements Render {
  readonly key: Key;
  readonly space: Space;
  readonly awaited: boolean;
  readonly settled: Promise<void>;
  /** The moment after which it is not believed any more. */
  readonly until: number;
  settle: () => void = () => {};
  readonly #owner: WeakRef<object>;

  constructor(key: Key, { space, owner, awaited }: Generation, until: number) {
    this.key = key;
    this.space = space;
    this.#owner = new WeakRef(owner);
    this.awaited = awaited;
    this.until = until;
    this.settled = new Promise((resolve) => (this.settle = resolve));
  }

  get owner(): object | undefined {
    return this.#owner.deref();
  }
}

/**
 * What this process generates for its route cache, having been granted the lease of it. It asks no
 * server: who begins and ends a generation here sees to its lease.
 */
export class Renders {
  readonly #clock: Clock;
  /** By key; the oldest first. */
  readonly #renders = new Map<string, Kept>();
  /** Those of each owner, as long as they are under way. */
  readonly #owned = new WeakMap<object, Set<Kept>>();
  readonly #failedGenerations: FailedGenerations;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#failedGenerations = new FailedGenerations(clock);
  }

  /** How many are under way, as far as is known. */
  get size(): number {
    return this.#renders.size;
  }

  /** The generation of `key` that is under way, as far as is known. */
  of(key: Key): Render | undefined {
    return this.#renders.get(key.id);
  }

  /** Those of `owner` that others wait for. */
  awaitedOf(owner: object): Render[] {
    return [...(this.#owned.get(owner) ?? [])].filter(({ awaited }) => awaited);
  }

  /**
   * One begins, in place of any other of its key. The end of the one before is as good as an
   * arrival: who waited for it goes on.
   */
  begin(key: Key, generation: Generation): void {
    this.#end(key);
    const moment = this.#clock();
    for (const [, oldest] of this.#renders) {
      if (oldest.until <= moment) this.abandoned(oldest.key);
      else if (this.#renders.size >= CAPACITY) this.#end(oldest.key);
      else break;
    }
    const render = new Kept(key, generation, moment + LONGEST_RENDER);
    this.#renders.set(key.id, render);
    const { owner } = generation;
    const owned = this.#owned.get(owner);
    if (owned) owned.add(render);
    else this.#owned.set(owner, new Set([render]));
  }

  /** It ended with a value. */
  arrived(key: Key): void {
    this.#end(key);
    this.#failedGenerations.delete(key);
  }

  /** It ended without one. */
  abandoned(key: Key): void {
    this.#end(key);
    this.failed(key);
  }

  /**
   * Somebody waited for `key` in vain, here or elsewhere. For a minute nobody waits for it any
   * more.
   */
  failed(key: Key): void {
    this.#failedGenerations.add(key);
  }

  /** Whether it is of no use to wait for `key`. */
  failedRecently(key: Key): boolean {
    return this.#failedGenerations.has(key);
  }

  #end(key: Key): void {
    const render = this.#renders.get(key.id);
    if (!render) return;
    render.settle();
    this.#renders.delete(key.id);
    const { owner } = render;
    if (owner) this.#owned.get(owner)?.delete(render);
  }
}
