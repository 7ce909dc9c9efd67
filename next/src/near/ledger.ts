import type { Key } from '../entry/key.js';
import { UNKNOWN, type AsOf, type Invalidation } from '../wire/frame.js';
import { Revisions } from './revisions.js';

/** Tags remembered; as many as a REFRESHED lists. */
const CAPACITY = 16_384;

/**
 * Keys remembered whose entries were replaced or purged, for copies that are still on their way.
 */
const KEYS = 4096;

/** Of these, as many as a REFRESHED lists at least for a process that names no point it knew. */
const LISTED_KEYS = 1024n;

const KEY_TAG = 'larder:key:';
const PURGE_TAG = 'larder:purge:';

/** Invalidations of one tag that are kept apart. */
const PER_TAG = 16;

/**
 * The tag whose invalidation says that another entry, or none, is stored under `key` now. It
 * travels like any tag; `docs/protocol.md` §4, "The tags of a key".
 */
export function keyTag(key: Key): string {
  return KEY_TAG + key.id;
}

/** One invalidation, as it affects entries stamped before it: stale now, expired at `deadline`. */
interface Mark {
  readonly revision: bigint;
  /** A moment of this process' clock; `-Infinity` is always, `Infinity` never. */
  readonly deadline: number;
}

/** What is judged: a key's entry, by its stamp, and by when it was seen under its key. */
export interface Judged {
  readonly key: Key;
  readonly asof: AsOf;
  /** The revision at which it was what the server had under its key. */
  readonly seen: bigint;
  readonly tags: readonly string[];
}

/**
 * What the invalidations known here say of an entry; `unknown` when they do not reach far enough.
 */
export type Effect = 'unaffected' | 'stale' | 'expired' | 'unknown';

/**
 * What this process knows of a namespace's invalidations: all of those between a *floor* and the
 * revision it has reached, as far as they can still matter.
 *
 * It is fed by the server's pushes and by the answers to REFRESH, in whatever order they arrive. An
 * entry stamped before the floor cannot be judged here.
 *
 * All of it is bounded: 16,384 tags, 16 invalidations of each, 4096 keys. What is forgotten raises
 * the floor, or joins two invalidations into a stricter one: it may cost a generation, never a
 * stale read. Moments are on this process' clock.
 */
export class Ledger {
  readonly #revisions = new Revisions();
  readonly #marks = new Map<string, readonly Mark[]>();
  /** When what was stored under a key was last replaced or purged, the least recent first. */
  readonly #keys = new Map<string, bigint>();
  readonly #replaced: (id: string, revision: bigint) => void;
  #keysFrom = 0n;
  #identity = 0n;
  #floor = 0n;
  #reached = -1n;
  #complete = false;

  /**
   * @param replaced called with each key whose copies seen before a revision are not to be served
   */
  constructor(replaced: (id: string, revision: bigint) => void = () => {}) {
    this.#replaced = replaced;
  }

  /**
   * The point up to which every invalidation is known, or `UNKNOWN`. `UNKNOWN` until the first
   * answer of a server.
   */
  get current(): AsOf {
    return this.#reached < 0n ? UNKNOWN : { identity: this.#identity, revision: this.#reached };
  }

  /** What to say in a REFRESH: the point known, or `UNKNOWN` to be sent everything there is. */
  get known(): AsOf {
    return this.#complete ? this.current : UNKNOWN;
  }

  /** The number of tags remembered. */
  get size(): number {
    return this.#marks.size;
  }

  /**
   * The point known at `moment`, with which a generation that began then is stamped. `UNKNOWN`
   * where that was before anything was known: such a generation is not stored.
   */
  knownAt(moment: number): AsOf {
    return this.#revisions.knownAt(moment);
  }

  /** Whether an entry stamped `asof` can be judged for any reader. Nothing else may be kept. */
  covers({ identity, revision }: AsOf): boolean {
    return this.#reached >= 0n && identity === this.#identity && revision >= this.#floor;
  }

  /**
   * Whether it would be remembered here if what was seen at `seen` had been replaced since. What it
   * says no to must not be kept: a replacement of it may have been forgotten.
   */
  recalls(seen: bigint): boolean {
    return seen >= this.#keysFrom;
  }

  /**
   * Takes the point a WELCOME names. Nothing that happened is learnt from it: that takes a REFRESH.
   *
   * @param known what was known when it was asked for; more may be by now
   * @returns false when history was lost: what was known before does not lead to this point
   */
  welcome(point: AsOf, known: AsOf, moment: number): boolean {
    const lost =
      this.#reached >= 0n &&
      (point.identity !== this.#identity ||
        (point.identity === known.identity && point.revision < known.revision));
    if (lost || this.#reached < 0n) this.#begin(point, moment);
    return !lost;
  }

  /**
   * Takes an invalidation that was pushed, or confirmed to this process.
   *
   * @param asked a moment before it happened: its deadline counts from then, so that it is never
   *   late
   * @returns false when it does not follow what is known: something was missed, or another history
   *   has begun
   */
  follow(identity: bigint, invalidation: Invalidation, asked: number, moment: number): boolean {
    if (this.#reached < 0n || identity !== this.#identity) return false;
    if (invalidation.revision <= this.#reached) return true;
    if (invalidation.revision !== this.#reached + 1n) return false;
    this.#take(invalidation, asked);
    this.#reach(invalidation.revision, moment);
    return true;
  }

  /**
   * Takes the answer to a REFRESH: every invalidation after `since`, up to `current`.
   *
   * @param asked when it was asked for: deadlines count from then, so that they are never late
   * @returns false when what is kept must be let go: what is known does not lead to this answer
   */
  refreshed({ current, since, invalidations }: Refreshed, asked: number, moment: number): boolean {
    const follows = current.identity === this.#identity && since <= this.#reached;
    const named = this.#complete;
    // Without a point that was known, not every replacement is listed.
    const gap = !named && current.revision - this.#reached > LISTED_KEYS;
    if (!follows) this.#begin({ identity: current.identity, revision: since }, moment);
    if (since < this.#floor) this.#floor = since;
    for (const invalidation of invalidations) this.#take(invalidation, asked);
    // A list that begins later than what was known is asked for once more, from the beginning.
    this.#complete = follows || !named;
    if (current.revision > this.#reached) this.#reach(current.revision, moment);
    return follows && !gap;
  }

  /**
   * What the invalidations after an entry's stamp say of it, for a reader with `softTags`.
   *
   * @param softTags of the reader, by their names in the protocol
   * @param moment for deadlines, on this process' clock
   */
  judge(entry: Judged, softTags: readonly string[], moment: number): Effect {
    const { key, asof, seen, tags } = entry;
    if (!this.covers(asof)) return 'unknown';
    if (asof.revision >= this.#reached) return 'unaffected';
    let stale = false;
    const replaced = this.#keys.get(key.id);
    if (replaced !== undefined && replaced > seen) return 'expired';
    const expires = (tag: string): boolean => {
      const mark = this.#marks.get(tag)?.find(({ revision }) => revision > asof.revision);
      if (mark) stale = true;
      return mark !== undefined && mark.deadline <= moment;
    };
    if (tags.some((tag) => expires(tag)) || softTags.some((tag) => expires(tag))) return 'expired';
    return stale ? 'stale' : 'unaffected';
  }

  /** Forgets everything, to begin at `point`. */
  #begin({ identity, revision }: AsOf, moment: number): void {
    this.#marks.clear();
    this.#keys.clear();
    this.#keysFrom = 0n;
    this.#revisions.forget();
    this.#identity = identity;
    this.#floor = revision;
    this.#complete = false;
    this.#reached = -1n;
    this.#reach(revision, moment);
  }

  /** Everything up to a revision is known from this moment on. */
  #reach(revision: bigint, moment: number): void {
    this.#reached = revision;
    this.#revisions.learn({ identity: this.#identity, revision }, moment);
  }

  /** Remembers one invalidation, whose deadline counts from `from`. */
  #take({ revision, expiresIn, tags }: Invalidation, from: number): void {
    const deadline = expiresIn === 0 ? -Infinity : from + expiresIn;
    for (const tag of tags) {
      if (tag.startsWith(KEY_TAG)) this.#takeKey(tag.slice(KEY_TAG.length), revision);
      if (tag.startsWith(KEY_TAG) || tag.startsWith(PURGE_TAG)) continue;
      const before = this.#marks.get(tag) ?? [];
      this.#marks.delete(tag);
      this.#marks.set(tag, withMark(before, { revision, deadline }));
    }
    while (this.#marks.size > CAPACITY) this.#forgetOldest();
  }

  /** What is kept is let go at once; what is on its way is judged by what is remembered. */
  #takeKey(id: string, revision: bigint): void {
    const latest = this.#keys.get(id) ?? 0n;
    this.#keys.delete(id);
    this.#keys.set(id, revision > latest ? revision : latest);
    this.#replaced(id, revision);
    while (this.#keys.size > KEYS) {
      const [oldest, forgotten] = this.#keys.entries().next().value!;
      this.#keys.delete(oldest);
      if (forgotten > this.#keysFrom) this.#keysFrom = forgotten;
    }
  }

  /**
   * Forgets the tag invalidated least recently; what is stamped before that cannot be judged any
   * more.
   */
  #forgetOldest(): void {
    const [tag, marks] = this.#marks.entries().next().value!;
    const { revision } = marks.at(-1)!;
    if (revision > this.#floor) this.#floor = revision;
    this.#marks.delete(tag);
  }
}

/** What a REFRESHED says. */
export interface Refreshed {
  readonly current: AsOf;
  /** The revision after which every invalidation is listed. */
  readonly since: bigint;
  readonly invalidations: readonly Invalidation[];
}

/**
 * `marks` and one more, wherever it belongs. They ascend in revision and in deadline: one that is
 * followed by another with an earlier deadline never decides anything.
 */
function withMark(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  const earlier = marks.filter(
    ({ revision, deadline }) => revision < mark.revision && deadline < mark.deadline,
  );
  const later = marks.filter(({ revision }) => revision >= mark.revision);
  const decided = later.some(({ deadline }) => deadline <= mark.deadline);
  const kept = decided
    ? [...marks.filter(({ revision }) => revision < mark.revision), ...later]
    : [...earlier, mark, ...later.filter(({ revision }) => revision > mark.revision)];
  return kept.length > PER_TAG ? withNearestJoined(kept) : kept;
}

/** `marks` with the two nearest deadlines joined: the later revision, the earlier deadline. */
function withNearestJoined(marks: readonly Mark[]): readonly Mark[] {
  const gap = (at: number): number => marks[at]!.deadline - marks[at - 1]!.deadline;
  let nearest = 1;
  for (let at = 2; at < marks.length; at++) if (gap(at) < gap(nearest)) nearest = at;
  const joined = { revision: marks[nearest]!.revision, deadline: marks[nearest - 1]!.deadline };
  return [...marks.slice(0, nearest - 1), joined, ...marks.slice(nearest + 1)];
}
