import type { Clock } from '../runtime/clock.js';
import { stampsInvalidations, type WorkStore } from './next-context.js';

/** An invalidation of one tag that a request has made. */
interface Done {
  /** The moment at which it was asked for. */
  readonly at: number;
  /** How many records the request had for the tag then. */
  readonly records: number;
  readonly promise: Promise<void>;
}

/*
 * After a form post without JavaScript, Next.js passes the invalidations of the action to
 * `updateTags` twice: before it renders the page anew, and once more after the render has begun.
 * The second call would invalidate what the render has just generated.
 *
 * It is recognised by what it is: a call of the same request, for a tag of which that request
 * recorded no invalidation after the first call was made. Next.js (since 16.3) stamps each record
 * with its moment and moves it when the tag is invalidated again, so a genuine second invalidation
 * always has a later record.
 *
 * Before 16.3 records have no moment, but there a request invalidates a tag in one manner only once,
 * before its render begins: Next.js makes no second record of it, passes on nothing `after` adds to
 * one, and refuses invalidations while it renders. So a second call repeats the first unless the tag
 * got one more record.
 *
 * Without a request, without a record, or without a moment on another version, every call goes to
 * the server.
 */

/** Recognises the calls of `updateTags` that repeat an invalidation already made. */
export class Invalidations {
  readonly #clock: Clock;
  readonly #stamps: () => boolean;
  readonly #byRequest = new WeakMap<WorkStore, Map<string, Done>>();

  /** `stamps` tells whether records have a moment; by default what is known of Next.js. */
  constructor(clock: Clock, stamps: () => boolean = stampsInvalidations) {
    this.#clock = clock;
    this.#stamps = stamps;
  }

  /**
   * Calls `invalidate` for those of `tags` that `request` has not yet invalidated in this manner.
   * Done when all of them are, also those an earlier call began.
   *
   * @param request undefined where it is not known: then everything is invalidated
   * @param expire seconds, which are part of the manner
   * @param invalidate takes the tags that are left; it is not called where none is
   * @throws whatever `invalidate` rejects with; such a call is not remembered, and may be repeated
   */
  async once(
    request: WorkStore | undefined,
    tags: readonly string[],
    expire: number,
    invalidate: (tags: readonly string[]) => Promise<void>,
  ): Promise<void> {
    if (!request) return invalidate(tags);
    const made = this.#made(request);
    const earlier: Promise<void>[] = [];
    const fresh = tags.filter((tag) => {
      const done = made.get(`${expire} ${tag}`);
      if (!done || !this.#repeats(request, tag, done)) return true;
      earlier.push(done.promise);
      return false;
    });
    if (fresh.length > 0) {
      const at = this.#clock();
      const promise = invalidate(fresh);
      earlier.push(promise);
      for (const tag of fresh) {
        const records = recordsOf(request, tag).length;
        made.set(`${expire} ${tag}`, { at, records, promise });
      }
      promise.catch(() => {
        for (const tag of fresh) {
          if (made.get(`${expire} ${tag}`)?.promise === promise) made.delete(`${expire} ${tag}`);
        }
      });
    }
    await Promise.all(earlier);
  }

  /** Whether everything `request` recorded for `tag` was recorded before it was `done`. */
  #repeats(request: WorkStore, tag: string, done: Done): boolean {
    const records = recordsOf(request, tag);
    if (records.length === 0) return false;
    if (records.every(({ revalidatedAt }) => revalidatedAt === undefined)) {
      return records.length === done.records && !this.#stamps();
    }
    return records.every(
      ({ revalidatedAt }) => typeof revalidatedAt === 'number' && revalidatedAt <= done.at,
    );
  }

  /** What a request has invalidated, by manner and tag. */
  #made(request: WorkStore): Map<string, Done> {
    let made = this.#byRequest.get(request);
    if (!made) this.#byRequest.set(request, (made = new Map()));
    return made;
  }
}

/** What Next.js has noted of a tag in a request. */
function recordsOf(request: WorkStore, tag: string) {
  return (request.pendingRevalidatedTags ?? []).filter((record) => record.tag === tag);
}
