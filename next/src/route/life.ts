import type { Look } from '../entry/presentation.js';
import type { Stored } from '../entry/stored.js';
import { EARLIEST } from '../near/early-refresh.js';
import { NEVER, type Life } from '../wire/frame.js';
import type { CallContext } from './route-key.js';
import type { CacheControl, RouteRecord, RouteValue } from './value.js';

/**
 * Seconds after which what nobody reads is let go: what a build left behind that no longer runs.
 * What is read is stored once more when half of it has passed.
 */
export const KEPT = 14 * 86_400;

/** Milliseconds Next.js may take to judge what it was answered. */
const MARGIN = 250;

/** How long a page counts as fresh that Next.js says nothing of, in seconds, as in Next.js. */
const UNSAID: CacheControl = { revalidate: 1 };

/**
 * What the route cache answers Next.js. Which of its fields Next.js goes by differs by version: see
 * the note on `presentRoute`.
 */
export interface RouteAnswer {
  /** `null` is a page that was not found. */
  readonly value: RouteValue | null;
  /**
   * When it was generated, for Next.js to compute with: milliseconds on its own clock. -1 only
   * where `remainder` says why.
   */
  readonly lastModified: number;
  /** In seconds. Absent for `fetch` and images. */
  readonly cacheControl?: CacheControl;
}

/**
 * The life under which a record is stored: what is left of its own, but at most a fortnight. It
 * counts from the moment of storing; what the record had lived before is taken off.
 */
export function lifeOf({ value, cacheControl, lived }: RouteRecord): Life {
  const { revalidate, expire } = controlOf(value, cacheControl);
  const left = (seconds: number): number => Math.max(0, Math.floor(seconds - lived / 1000));
  return {
    stale: 0,
    revalidate: Math.min(KEPT / 2, revalidate === false ? NEVER : left(revalidate)),
    expire: Math.min(KEPT, expire === undefined || expire >= NEVER ? NEVER : left(expire)),
  };
}

/** Whether a record is generated again whenever it is asked for. It is not stored. */
export function isNeverFresh({ value, cacheControl }: RouteRecord): boolean {
  return controlOf(value, cacheControl).revalidate === 0;
}

/**
 * Seconds for which a fetched value is fresh for a reader that says so: Next.js judges it by that,
 * and by what it was stored with only otherwise. What fades is still stored once more.
 */
export function readersOwn({ revalidate }: Pick<CallContext, 'revalidate'>): number | undefined {
  return revalidate ? Math.min(KEPT / 2, revalidate) : undefined;
}

/**
 * When a record was generated that is stored as `stored`, in milliseconds on this process' clock.
 * It is earlier than `generatedAt` for what was stored once more, and for what a build rendered.
 */
export function bornAt({ lived }: RouteRecord, { generatedAt }: Stored): number {
  return generatedAt - lived;
}

/**
 * Whether a record is only to be stored once more: its own time has not come at `moment`, and that
 * of what it is stored as has, or is about to. `moment` is on this process' clock.
 */
export function isOnlyFading(record: RouteRecord, stored: Stored, moment: number): boolean {
  const { revalidate } = controlOf(record.value, record.cacheControl);
  const age = moment - bornAt(record, stored);
  const faded = moment - stored.generatedAt > (KEPT / 2) * 1000 - EARLIEST;
  return faded && (revalidate === false || age < revalidate * 1000);
}

/*
 * Next.js decides for itself whether what it is given is stale: `lastModified` and `revalidate` say
 * so, and since 16.3 `lastModified` and `expire` whether it has expired. (`lastModified` -1 is of no
 * use: it has meant *serve and refresh* until 16.2, and *render before you answer* since.) So what is
 * stale is given a `revalidate` of one second that is over, and what another instance regenerates a
 * second that begins now.
 *
 * The response carries the same second to a CDN. That is what a CDN should know of such a page.
 */

/**
 * A page or route as Next.js should see it at `moment`, a time of this process' clock: regenerate
 * it, or do not.
 */
export function presentRoute(
  record: RouteRecord,
  stored: Stored,
  look: Look,
  moment: number,
): RouteAnswer {
  const { value, cacheControl } = record;
  const born = bornAt(record, stored);
  const { revalidate, expire } = controlOf(value, cacheControl);
  const soon = { revalidate: 1, expire: expire === undefined ? expire : Math.max(expire, 3) };
  if (look === 'stale') {
    return { value, lastModified: Math.min(born, moment - 1000 - 1), cacheControl: soon };
  }
  const limit = revalidate === false ? Infinity : born + revalidate * 1000;
  if (look === 'fresh' || limit < moment + MARGIN) {
    return { value, lastModified: moment, cacheControl: soon };
  }
  return { value, lastModified: born, ...(cacheControl && { cacheControl }) };
}

/**
 * A fetched value or an image, whose reader may name a `revalidate` of its own, in seconds.  No
 * cache control is answered.
 */
export function presentShared(
  record: RouteRecord,
  stored: Stored,
  look: Look,
  moment: number,
  revalidate: number | false | undefined,
): RouteAnswer {
  const { value } = record;
  const born = bornAt(record, stored);
  if (look === 'fresh') return { value, lastModified: moment };
  if (look === 'as-is') return { value, lastModified: born };
  const seconds = revalidate || controlOf(value, record.cacheControl).revalidate || 0;
  return { value, lastModified: Math.min(born, moment - seconds * 1000 - 1) };
}

/** The cache control of a record; a `fetch` has its own number of seconds. */
function controlOf(value: RouteValue | null, cacheControl: CacheControl | undefined): CacheControl {
  const { revalidate } = cacheControl ?? {};
  if (cacheControl && (revalidate === false || revalidate! >= 0)) return cacheControl;
  if (value?.kind === 'FETCH') return { revalidate: value.revalidate };
  return UNSAID;
}
