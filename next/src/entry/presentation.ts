import type { Deadline } from '../runtime/deadline.js';
import { ageOf, type Stored } from './stored.js';
import { NEVER, type Life } from '../wire/frame.js';
import { LIMITS } from '../wire/limits.js';
import { slices, type Value } from '../wire/value.js';

/**
 * A cache entry as Next.js hands it in and expects it back. Its shape is that of Next.js'
 * `CacheEntry`.
 */
export interface NextEntry {
  value: ReadableStream<Uint8Array>;
  /** In an answer a copy, which is the reader's own. */
  tags: string[];
  /** Seconds, for the browser. */
  stale: number;
  /** When generation began: milliseconds since the epoch, on the clock of Next.js. */
  timestamp: number;
  /** Seconds after which it is never served. */
  expire: number;
  /** Seconds after which it is served once more and regenerated; negative: now. */
  revalidate: number;
}

/** How an entry should look to Next.js: as its life says, or regenerated now, or not yet. */
export type Look = 'as-is' | 'stale' | 'fresh';

/** Seconds by which an entry that must look fresh does so. */
const MARGIN = 1;

/** An entry whose life is shorter than this, in seconds, leaves a hole in a static prerender. */
const PRERENDERABLE = 300;

/*
 * Next.js decides for itself whether an entry is stale: when `timestamp + revalidate` has passed.
 * A caller that must not regenerate, because somebody else does, is given a `revalidate` that
 * reaches a second or two beyond the present. `timestamp` is not touched, although moving it would
 * do as well: Next.js also compares it with the invalidations of the running request, and an entry
 * that looks younger than it is would survive them.
 *
 * A `revalidate` that was raised must never be adopted: the older the entry, the longer it gets.
 * Only pages, which do not store what they read, are therefore shown such an entry. A caller that
 * is itself a cache is not given a stale entry as fresh at all; it waits, or regenerates.
 *
 * To look stale, an entry whose time has come needs nothing. One that is stale because of a tag
 * gets `revalidate` -1, as Next.js' own handler does it.
 */

/**
 * The entry as Next.js should see it at `moment`, or undefined when it has expired by then. The
 * value is a stream of copies; it may be read once.
 */
export function present(stored: Stored, look: Look, moment: number): NextEntry | undefined {
  const { value, tags, life, generatedAt } = stored;
  if (ageOf(stored, moment) === 'expired') return undefined;
  return {
    value: streamOf(value),
    tags: [...tags],
    stale: life.stale,
    timestamp: generatedAt,
    expire: life.expire,
    revalidate: revalidateOf(life, look, (moment - generatedAt) / 1000),
  };
}

/**
 * Whether a static prerender leaves a hole instead of using or regenerating an entry of `life`.
 * `revalidate` 0 and an `expire` below five minutes are such a life, as in Next.js.
 */
export function isDynamic({ revalidate, expire }: Life): boolean {
  return revalidate === 0 || expire < PRERENDERABLE;
}

/** The life of an entry of Next.js in whole seconds. A fraction counts against the entry. */
export function lifeOf({ stale, revalidate, expire }: NextEntry): Life {
  return { stale: seconds(stale), revalidate: seconds(revalidate), expire: seconds(expire) };
}

/**
 * The seconds of an INVALIDATE for the `durations` Next.js passes with `updateTags`. Without
 * `durations` it is 0, at once; with durations that name no `expire` it is never.
 */
export function expireOf(durations: { expire?: number } | undefined): number {
  if (!durations) return 0;
  return durations.expire === undefined ? NEVER : seconds(durations.expire);
}

/**
 * The bytes of a stream, copied as they come: whoever generated them is given the same chunks.
 * Small ones are joined, but never more of them than come to a fragment, and none that is large.
 *
 * @param limit bytes
 * @throws whatever the stream errors with, `RangeError` when there are more than `limit` bytes, and
 *   `Error` when the deadline passes
 */
export async function drain(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  deadline: Deadline,
): Promise<Value> {
  const reader = stream.getReader();
  const stop = (why: unknown): void => void reader.cancel(why).catch(() => {});
  deadline.whenMissed(stop);
  try {
    const value: Uint8Array[] = [];
    let chunks: Uint8Array[] = [];
    let joined = 0;
    let size = 0;
    const join = (): void => {
      if (chunks.length > 0) value.push(chunks.length > 1 ? Buffer.concat(chunks) : chunks[0]!);
      chunks = [];
      joined = 0;
    };
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      size += step.value.length;
      if (size > limit) throw new RangeError(`the value has more than ${limit} bytes`);
      if (step.value.length >= LIMITS.fragment) join();
      chunks.push(new Uint8Array(step.value));
      joined += step.value.length;
      if (joined >= LIMITS.fragment) join();
    }
    deadline.check();
    join();
    return value;
  } catch (error) {
    stop(error);
    throw error;
  }
}

/** The `revalidate` that has Next.js see an entry of this age, in seconds, as it should look. */
function revalidateOf({ revalidate, expire }: Life, look: Look, age: number): number {
  if (look === 'stale') return age > revalidate ? revalidate : -1;
  if (look === 'as-is' || revalidate >= NEVER || revalidate - age > MARGIN) return revalidate;
  return Math.min(expire, Math.ceil(age) + MARGIN);
}

/** Whole seconds of what Next.js hands in: `false`, nothing, and what is too large are never. */
function seconds(value: number | false | undefined): number {
  if (value === false || value === undefined || value >= NEVER) return NEVER;
  return Math.max(0, Math.floor(value)) || 0;
}

/**
 * A stream of copies, each made when it is wanted: who reads may change its chunks, or give them
 * away, and what is kept must not be what React makes a `Uint8Array` of.
 */
function streamOf(value: Value): ReadableStream<Uint8Array> {
  const left = slices(value);
  const next = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    const piece = left.shift();
    if (piece) controller.enqueue(new Uint8Array(piece));
    if (left.length === 0) controller.close();
  };
  return new ReadableStream({ start: next, pull: next });
}
