import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../../src/runtime/clock.js';
import type { CacheHandler } from '../../src/use-cache/handler.js';
import type { NextEntry } from '../../src/entry/presentation.js';
import { nextEntry, textOf } from './fixtures.js';
import { FleetChecker, type Observation, type Versions } from './fleet-checker.js';
import { looksStale, ROUTE } from './instance.js';

/** How many keys there are, and how many tags they share. */
export const KEYS = 12;
const TAGS = 5;

/** Milliseconds within which a busy machine may be late. */
const SLACK = 5000;

/** What a member knows of the world beside its cache. */
export interface World {
  /** Reads the origin. */
  versions(tags: readonly string[]): Promise<Versions>;
  /** Changes the data of a tag; its new version. */
  edit(tag: string): Promise<number>;
  /** Hears what was seen. */
  note(observation: Observation): void;
}

/** What a member is. */
export interface MemberParts {
  readonly who: string;
  readonly handler: CacheHandler;
  readonly world: World;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
  /** Milliseconds it may be behind what others have invalidated. */
  readonly behind: number;
  /** Milliseconds it waits for somebody else's generation. */
  readonly wait: number;
  /** Hears of every generation that begins. */
  readonly generating?: (key: string) => void;
}

/** Milliseconds of a clock that all processes of this machine share. */
export function moment(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Random numbers from 0 to 1 that follow from `seed`. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The tags of the n-th key. */
export function tagsOf(n: number): readonly string[] {
  return [`tag ${n % TAGS}`, `tag ${(n * 3 + 1) % TAGS}`];
}

/**
 * One process of an app at work: it reads cached functions, generates what is not there, and edits
 * what they were made from.
 */
export class Member {
  readonly #parts: MemberParts;
  /** Invalidations that were not acknowledged. */
  refused = 0;

  constructor(parts: MemberParts) {
    this.#parts = parts;
  }

  /** Does something; mostly, it reads. */
  async step(): Promise<void> {
    const { random } = this.#parts;
    const chance = random();
    if (chance < 0.97) return this.read(Math.floor(random() * KEYS));
    const tag = `tag ${Math.floor(random() * TAGS)}`;
    await this.edit(tag, chance < 0.98 ? 1 : 0);
  }

  /** Reads the n-th key as a request of its own, and generates it if it has to. */
  async read(n: number): Promise<void> {
    const { who, handler, world, behind, wait } = this.#parts;
    const key = `key ${n}`;
    const began = moment();
    const found = await this.#bounded('a read', wait + SLACK, async () => {
      await handler.refreshTags();
      return handler.get(key, ROUTE);
    });
    if (!found) return this.#generate(key, n);
    const text = (await textOf(found))!;
    const versions = JSON.parse(text) as Versions;
    world.note({ what: 'given', who, key, began, behind, versions });
    if (looksStale(found)) await this.#generate(key, n);
  }

  /** Reads a key all others read as well, and generates it for all if it has to. */
  async join(key: string): Promise<void> {
    const { handler, wait } = this.#parts;
    const found = await this.#bounded('a read', wait + SLACK, async () => {
      await handler.refreshTags();
      return handler.get(key, ROUTE);
    });
    if (!found) await this.#generate(key, 0);
  }

  /** Edits the data of a tag; done when its invalidation is acknowledged, or is not. */
  async edit(tag: string, expire = 0): Promise<void> {
    const { who, handler, world } = this.#parts;
    const version = await world.edit(tag);
    try {
      await this.#bounded('an invalidation', 5000 + SLACK, () =>
        handler.updateTags([tag], expire > 0 ? { expire } : undefined),
      );
    } catch {
      this.refused++;
      return;
    }
    const from = moment() + expire * 1000;
    world.note({ what: 'acknowledged', who, tag, version, from, soft: expire > 0 });
  }

  async #generate(key: string, n: number): Promise<void> {
    const { handler, world, random } = this.#parts;
    this.#parts.generating?.(key);
    const tags = [...tagsOf(n)];
    const entry = async (): Promise<NextEntry> => {
      const timestamp = now();
      await pause(random() * 20);
      const text = JSON.stringify(await world.versions(tags));
      await pause(random() * 20);
      return nextEntry(text, { timestamp, tags, revalidate: 2, expire: 3600 });
    };
    await this.#bounded('a generation', SLACK, () => handler.set(key, entry()));
  }

  async #bounded<T>(call: string, bound: number, task: () => Promise<T>): Promise<T> {
    const { who, world } = this.#parts;
    const began = moment();
    try {
      return await task();
    } finally {
      world.note({ what: 'ended', who, call, took: moment() - began, bound });
    }
  }
}

/** The world of members that live in the process of the checker. */
export function worldOf(checker: FleetChecker): World {
  return {
    versions: async (tags) => checker.versions(tags),
    edit: async (tag) => checker.edit(tag),
    note: (observation) => checker.note(observation),
  };
}
