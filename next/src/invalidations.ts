import type { Clock } from './clock.js';
import type { WorkStore } from './next-context.js';

interface Done {
  /** The moment at which it was asked for. */
  readonly at: number;
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
 * always has a later record. Without a request, without a record or without a moment, every call
 * goes to the server.
 */

/** Recognises the calls of `updateTags` that repeat an invalidation already made. */
export class Invalidations {
  readonly #clock: Clock;
  readonly #byRequest = new WeakMap<WorkStore, Map<string, Done>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Calls `invalidate` for those of `tags` that `request` has not yet invalidated in this manner.
   * Done when all of them are, also those an earlier call began.
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
      if (!done || !repeats(request, tag, done.at)) return true;
      earlier.push(done.promise);
      return false;
    });
    if (fresh.length > 0) {
      const at = this.#clock();
      const promise = invalidate(fresh);
      earlier.push(promise);
      for (const tag of fresh) made.set(`${expire} ${tag}`, { at, promise });
      promise.catch(() => {
        for (const tag of fresh) {
          if (made.get(`${expire} ${tag}`)?.promise === promise) made.delete(`${expire} ${tag}`);
        }
      });
    }
    await Promise.all(earlier);
  }

  #made(request: WorkStore): Map<string, Done> {
    let made = this.#byRequest.get(request);
    if (!made) this.#byRequest.set(request, (made = new Map()));
    return made;
  }
}

/** Whether everything `request` recorded for `tag` was recorded before `at`. */
function repeats(request: WorkStore, tag: string, at: number): boolean {
  const records = (request.pendingRevalidatedTags ?? []).filter((record) => record.tag === tag);
  return (
    records.length > 0 &&
    records.every(({ revalidatedAt }) => typeof revalidatedAt === 'number' && revalidatedAt <= at)
  );
}
