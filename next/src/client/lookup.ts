import type { Key } from '../entry/key.js';
import type { Copy } from '../near/near-cache.js';
import type { AsOf, Entry } from '../wire/frame.js';
import { checksumOf } from '../wire/value.js';

/**
 * The outcome of a lookup, by what there is: an entry to be served, one to be served and
 * regenerated, or none. `leased` means that this process is the one to generate: it ends that with
 * `put`, `release` or `decline`. `waited`: milliseconds spent on somebody else's generation.
 */
export type Lookup =
  | {
      readonly state: 'fresh';
      readonly leased: false;
      readonly entry: Copy;
      readonly waited: number;
    }
  | {
      readonly state: 'stale';
      readonly leased: boolean;
      readonly entry: Copy;
      readonly waited: number;
    }
  | {
      readonly state: 'miss';
      readonly leased: boolean;
      /** Whether the server said so; otherwise it was not asked, or did not answer. */
      readonly answered: boolean;
      /** Whether it answered with an error, or with what is no answer to a lookup. */
      readonly failed?: boolean;
      /** In a few words, why there is nothing. */
      readonly reason: string;
      readonly waited: number;
    };

/** What a lookup may do beside looking. */
export interface LookupOptions {
  /**
   * Milliseconds to wait for another process' generation when there is nothing to serve. 0 is not
   * at all.
   */
  readonly wait: number;
  /**
   * Whether a stale entry that another process regenerates is nothing to serve. So it is for
   * readers that store what they read: it would be stale in theirs from the beginning.
   */
  readonly freshOnly: boolean;
  /**
   * Milliseconds for which a lease granted here is kept alive. The bound is for generations that
   * end without a word; one that ends with a value ends its lease.
   */
  readonly generation: number;
  /**
   * Seconds for which an entry is fresh for this reader, where that is longer than the entry says.
   */
  readonly revalidate?: number | undefined;
}

/** What a lookup on the server may do beside looking. */
export interface RemoteOptions extends LookupOptions {
  /** Whether an entry the server calls stale is fresh for this reader. */
  readonly suffices: (entry: Copy) => boolean;
}

/** Why there is nothing yet, in a few words. */
export const HELD = 'another instance generates it';

/** Why a wait ended without an answer: another server may know more. */
export const MOVED = 'the server it waited at has gone';

/** Whether somebody else holds the lease of what is missing. */
export function isHeld(found: Lookup): boolean {
  return found.state === 'miss' && !found.leased && found.reason === HELD;
}

/** Whether somebody else regenerates what is stale. */
export function isRefreshed(found: Lookup): boolean {
  return found.state === 'stale' && !found.leased;
}

/**
 * There is nothing, for that reason.
 *
 * @param leased whether this process is to generate
 * @param answered whether the server said so
 */
export function missed(reason: string, leased = false, answered = true): Lookup {
  return { state: 'miss', leased, answered, reason, waited: 0 };
}

/** The server answered with an error, or with what is no answer to a lookup: there is nothing. */
export function failed(reason: string): Lookup {
  return { state: 'miss', leased: false, answered: false, failed: true, reason, waited: 0 };
}

/**
 * The entry, if its bytes are the ones that were checksummed. Undefined is a damaged one, which is
 * treated as a miss.
 *
 * @param from the moment its age counts from: when it was asked for, so that it does not look
 *   younger for the time it travelled; when it was answered, where the server has kept the answer
 *   to itself
 */
export function verified(
  key: Key,
  current: AsOf,
  { revision, content, generation }: Entry,
  from: number,
): Copy | undefined {
  const { value, tags, life, age, checksum } = content;
  if (checksumOf(value) !== checksum) return undefined;
  const asof = { identity: current.identity, revision };
  const generatedAt = from - age;
  return {
    key,
    asof,
    seen: current.revision,
    value,
    tags,
    life,
    generatedAt,
    currentAt: -Infinity,
    ...(generation && { generation }),
  };
}
