import { AsyncLocalStorage } from 'node:async_hooks';
import { now } from './clock.mjs';
import { softTagsOf } from './soft-tags.mjs';

/** The version of Next.js whose storages these stand for. */
const VERSION = '16.4.6';

/** A storage of Next.js, which whoever comes first makes. */
const storage = (kind) =>
  (globalThis[Symbol.for(`@next/${kind}-async-storage@${VERSION}`)] ??= new AsyncLocalStorage());

/** The storages handlers may look into: of the request, and of what is rendered or cached in it. */
const works = storage('work');
const units = storage('work-unit');

/**
 * One request as Next.js keeps it: what it asks a handler once and remembers, and what it knows of
 * its own invalidations. Handlers may read it from the storages of Next.js, as they may there.
 */
export class Request {
  softTags;
  /** The cached functions of this request that run or ran, by key. */
  invocations = new Map();
  #work;
  #unit;
  #refreshed;
  #expiration;

  /**
   * @param {{ path: string, reader: 'request' | 'prerender' | 'cache', bypass: boolean }} how
   *   `reader` consumes what is read; with `bypass` the request regenerates on demand
   */
  constructor({ path = '/', reader = 'request', bypass = false }) {
    this.softTags = softTagsOf(path);
    this.#work = {
      route: path,
      page: path,
      isDraftMode: false,
      isOnDemandRevalidate: bypass,
      isStaticGeneration: reader === 'prerender',
      requestStartTime: now(),
      previouslyRevalidatedTags: [],
      pendingRevalidatedTags: [],
    };
    this.#unit = { type: reader, phase: 'render', implicitTags: { tags: this.softTags } };
  }

  /** Whether nothing is looked up: everything is generated on demand. */
  get bypasses() {
    return this.#work.isOnDemandRevalidate;
  }

  /** Whether what is read becomes part of another cached thing. */
  get feedsCache() {
    return this.#unit.type !== 'request';
  }

  /**
   * Runs `body` where Next.js would, with this request in its storages.
   *
   * @template T
   * @param {() => T} body
   * @returns {T}
   */
  run(body) {
    return works.run(this.#work, () => units.run(this.#unit, body));
  }

  /** Generates, where only the request but not the reader is in the storages. */
  runGeneration(body) {
    return works.run(this.#work, () => units.exit(body));
  }

  /**
   * Calls `refreshTags`, once. Undefined where the handler has no such method.
   *
   * @param {import('./calls.mjs').Calls} calls where it is noted
   */
  refreshTags(calls) {
    if (!calls.offers('refreshTags')) return undefined;
    return (this.#refreshed ??= calls.make('refreshTags'));
  }

  /**
   * The moment the soft tags of this request were invalidated, asked for once.
   *
   * @param {import('./calls.mjs').Calls} calls where it is noted
   * @returns {Promise<number>} milliseconds since the epoch; 0 if never, or if the handler judges
   *   them itself
   */
  async expiration(calls) {
    if (!calls.offers('getExpiration')) return 0;
    const moment = await (this.#expiration ??= calls.make('getExpiration', this.softTags));
    return moment < Infinity ? moment : 0;
  }

  /**
   * Notes an invalidation of this request, as `updateTag` and its like do before any handler.
   *
   * @param {string[]} tags
   * @param {object} [profile] what the invalidation was called with beside them
   */
  note(tags, profile) {
    const revalidatedAt = now();
    for (const tag of tags) {
      this.#work.pendingRevalidatedTags.push({ tag, profile, revalidatedAt });
    }
  }

  /**
   * Whether this request itself invalidated an entry.
   *
   * @param {{ tags: string[], timestamp: number }} entry
   */
  invalidated({ tags, timestamp }) {
    if (this.#unit.type === 'prerender') return false;
    return this.#work.pendingRevalidatedTags.some(
      ({ tag, revalidatedAt }) =>
        revalidatedAt > timestamp && (tags.includes(tag) || this.softTags.includes(tag)),
    );
  }
}
