import type { Outcome } from '../events/events.js';
import type { Key } from '../entry/key.js';
import type { Clock } from '../runtime/clock.js';
import { Registry } from '../runtime/registry.js';
import type { AsOf, PathReads, Report } from '../wire/frame.js';
import { HotPaths } from './hot-paths.js';

/** Milliseconds between two reports. */
export const REPORT_EVERY = 10_000;

/** One of so many near reads is counted by key. */
const SAMPLED = 16;

/** Keys counted at a time, and those of them in a report. */
const COUNTED = 256;
const HOTTEST = 16;

/** Paths whose keys are known; those in one report, and the keys of one of them. */
const PATHS = 256;
const TOLD = 32;
const KEYS = 64;

/** What there is to say of the near cache. */
export type Near = Report['near'];

/**
 * What a path is made of, as far as a render of it has read. A page is rendered again and again, and
 * reads the same each time: `keys` are then walked along, and nothing is made.
 */
interface Render {
  /** The request that rendered it last. */
  request: object | undefined;
  /** Each once; of those after the first `known` it is not known whether there are others like them. */
  readonly keys: Key[];
  /** So many of the keys has this request read, or all that are known an earlier one. */
  read: number;
  known: number;
  /** The keys that were reported, as a number that other keys rarely have. */
  reported: number;
}

/**
 * Counts what only this process knows, for a report every ten seconds: lookups by outcome, what the near
 * cache saves, the keys it is read for most, the paths it is asked for most, and what each is made of.
 * Whoever looks up waits for none of it.
 */
export class Reporter {
  readonly #clock: Clock;
  readonly #labels: boolean;
  #lookups = none();
  #saved = 0;
  #nearReads = 0;
  readonly #hot = new Registry<string, { readonly key: Key; count: number }>();
  /** The path rendered last at the end. */
  readonly #renders = new Map<string, Render>();
  readonly #hotPaths = new HotPaths();
  #reportedAt: number;

  /** @param labels whether paths may be reported */
  constructor(labels: boolean, clock: Clock) {
    this.#labels = labels;
    this.#clock = clock;
    this.#reportedAt = clock();
  }

  /** Whether it is time for a report. */
  get due(): boolean {
    return this.#clock() - this.#reportedAt >= REPORT_EVERY;
  }

  /**
   * Counts a lookup.
   *
   * @param outcome `failed` for one without an entry that the server answered with an error
   * @param generation how long it took to generate what was found, in milliseconds
   */
  lookedUp(key: Key, outcome: Outcome | 'failed', generation = 0): void {
    this.#lookups[REPORTED_AS[outcome]]++;
    if (outcome !== 'near') return;
    this.#saved += generation;
    if (this.#nearReads++ % SAMPLED === 0) this.#sample(key);
  }

  /**
   * Notes that `key` was read for `path`. What an earlier request read for it counts no more.
   *
   * @param request which request reads; undefined for a reader that may be any
   */
  read(path: string, key: Key, request: object | undefined): void {
    if (!this.#labels || path === '') return;
    let render = this.#renders.get(path);
    if (!render) {
      render = { request, keys: [], read: 0, known: 0, reported: 0 };
      this.#renders.set(path, render);
      if (this.#renders.size > PATHS) this.#renders.delete(this.#renders.keys().next().value!);
    } else if (request && render.request !== request) {
      render.request = request;
      render.read = 0;
    }
    note(key, render);
  }

  /** Counts a request of somebody who reads `path`. */
  asked(path: string): void {
    if (this.#labels) this.#hotPaths.add(path);
  }

  /** The paths that were asked for most since this was called before. */
  takePaths(): PathReads[] {
    return this.#hotPaths.take();
  }

  /** What is to be reported; counting begins anew. */
  take(known: AsOf, near: Near): Report {
    this.#reportedAt = this.#clock();
    const report = {
      known,
      lookups: this.#lookups,
      saved: Math.round(this.#saved),
      near,
      hottest: this.#hottest(),
      renders: this.#changed(),
    };
    this.#lookups = none();
    this.#saved = 0;
    return report;
  }

  #sample(key: Key): void {
    const counted = this.#hot.get(key.id);
    if (counted) counted.count += SAMPLED;
    else if (this.#hot.size < COUNTED) this.#hot.add(key.id, { key, count: SAMPLED });
  }

  #hottest(): Report['hottest'] {
    return this.#hot
      .takeAll()
      .sort((one, other) => other.count - one.count)
      .slice(0, HOTTEST)
      .map(({ key, count }) => ({ key: key.bytes, count }));
  }

  /** The keys of the paths whose keys are others than were reported. */
  #changed(): Report['renders'] {
    const changed = [];
    for (const [path, render] of this.#renders) {
      if (changed.length === TOLD) break;
      const keys = render.keys.slice(0, render.read);
      const sum = sumOf(keys);
      if (sum === render.reported) continue;
      render.reported = sum;
      // What a request once read keeps nothing alive.
      render.request = undefined;
      changed.push({ path, keys: keys.map(({ bytes }) => bytes) });
    }
    return changed;
  }
}

/** How outcomes are called in a report. */
const REPORTED_AS = {
  near: 'near',
  remote: 'fresh',
  wait: 'fresh',
  stale: 'stale',
  miss: 'miss',
  bypass: 'bypass',
  failed: 'failed',
} as const satisfies Record<Outcome | 'failed', keyof Report['lookups']>;

function none(): Record<keyof Report['lookups'], number> {
  return { near: 0, fresh: 0, stale: 0, miss: 0, bypass: 0, failed: 0 };
}

/** Notes one more key of a render, unless it is noted or there are too many. */
function note(key: Key, render: Render): void {
  const { keys, read } = render;
  if (read < render.known && keys[read]!.id === key.id) {
    render.read++;
    return;
  }
  for (let at = 0; at < read; at++) if (keys[at]!.id === key.id) return;
  if (read === KEYS) return;
  keys[read] = key;
  render.known = ++render.read;
}

/** A number of a set of keys, whatever their order; 0 of none. */
function sumOf(keys: readonly Key[]): number {
  let sum = 0;
  for (const { bytes } of keys) {
    sum = (sum + ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!)) | 0;
  }
  return sum;
}
