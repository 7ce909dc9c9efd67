import type { Key } from '../entry/key.js';
import type { Stored } from '../entry/stored.js';
import { keyTag, type Ledger } from '../near/ledger.js';
import type { Copy } from '../near/near-cache.js';
import type { Outage } from '../near/outage.js';
import type { Clock } from '../runtime/clock.js';
import type { Log } from '../runtime/log.js';
import { Registry } from '../runtime/registry.js';
import type { Settings } from '../runtime/settings.js';
import { unattended } from '../runtime/unattended.js';
import { within } from '../runtime/within.js';
import type { AsOf } from '../wire/frame.js';
import { tagList } from '../wire/tag-list.js';
import { InFlightPuts } from './in-flight-puts.js';
import type { Judgement } from './judgement.js';
import type { By } from './own-invalidations.js';
import type { Remote } from './remote.js';

/**
 * Milliseconds for which those who wait for a value generated on demand wait for others to know.
 */
const SUPERSEDE = 1000;

/** Milliseconds, at most, for which a generation waits for its put, where somebody must. */
const LONGEST_SETTLING = 1000;

/** What ends copies elsewhere of what this process has replaced. */
const REPLACED: By = { action: 'replace', path: '' };

/** What is special about a generation. All of it may be absent, and then nothing is. */
export interface Taking {
  /**
   * Whether it was made although an entry may be fresh, which others keep. Every process is then
   * told that its copy is replaced, before the generation counts as done.
   */
  readonly replaces?: boolean;
  /** Whether it is a whole page, made of everything its request read. */
  readonly whole?: boolean;
  /**
   * What must have reached the server before an entry with these tags is sent; undefined where
   * nothing must. It is waited for by at most a second, and what it rejects with counts as done.
   */
  readonly after?: (tags: readonly string[]) => Promise<unknown> | undefined;
  /** Called once, when the server has answered the put, or never will. */
  readonly settled?: () => void;
}

/** What generations need. */
export interface GenerationParts {
  readonly settings: Settings;
  readonly remote: Remote;
  readonly ledger: Ledger;
  readonly outage: Outage;
  readonly judgement: Judgement;
  /** Puts a copy into the near cache. */
  readonly keep: (copy: Copy) => void;
  /** Makes an invalidation true everywhere; rejects where that was not confirmed. */
  readonly invalidate: (tags: readonly string[], expire: number, by: By) => Promise<void>;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * What this process generates: from the moment its generation is handed in, when other readers of
 * this process begin to wait for it, until the server has answered its put.
 */
export class Generations {
  readonly #settings: Settings;
  readonly #remote: Remote;
  readonly #ledger: Ledger;
  readonly #outage: Outage;
  readonly #judgement: Judgement;
  readonly #keep: (copy: Copy) => void;
  readonly #invalidate: (tags: readonly string[], expire: number, by: By) => Promise<void>;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #inFlightPuts = new InFlightPuts();
  /** What is generated, by the id of its key, until it has left for the server. */
  readonly #arriving = new Registry<string, Promise<Copy | undefined>>();

  constructor(parts: GenerationParts) {
    this.#settings = parts.settings;
    this.#remote = parts.remote;
    this.#ledger = parts.ledger;
    this.#outage = parts.outage;
    this.#judgement = parts.judgement;
    this.#keep = parts.keep;
    this.#invalidate = parts.invalidate;
    this.#log = parts.log;
    this.#clock = parts.clock;
  }

  /**
   * The generation of `key` in this process, undefined where there is none. The promise comes to
   * undefined, or rejects, when the generation ends without a value.
   */
  arriving(key: Key): Promise<Copy | undefined> | undefined {
    return this.#arriving.get(key.id);
  }

  /**
   * Takes what a generation will end with. Readers of this process wait for it from now on.
   *
   * @param generation comes to undefined when there is no value; then, and when it rejects, the
   *   lease of the key is declined. An entry whose life has `expire` 0 is treated as no value
   * @returns a promise of what was generated, done when that has been queued for the server; where
   *   this process may be frozen when nobody waits for it, when the server has answered, or has had
   *   as long as a lookup may take at most
   * @throws whatever `generation` rejects with
   */
  async take(
    key: Key,
    generation: Promise<Stored | undefined>,
    { replaces = false, whole = false, after, settled = () => {} }: Taking = {},
  ): Promise<Stored | undefined> {
    const generated = generation.then((stored) => {
      if (!stored) return undefined;
      const { generatedAt } = stored;
      const asof = stored.asof ?? this.#ledger.knownAt(generatedAt);
      // What is stored again is as current as it was.
      const currentAt = stored.asof ? -Infinity : this.#outage.currentAt(generatedAt, whole);
      const tags = tagList(stored.tags);
      const generation =
        stored.generation ?? (stored.asof ? 0 : Math.max(0, this.#clock() - generatedAt));
      return { ...stored, tags, key, asof, seen: asof.revision, currentAt, generation };
    });
    this.#arriving.add(key.id, generated);
    this.#inFlightPuts.begin(key.id, settled);
    const leave = (): void => {
      if (this.#arriving.get(key.id) === generated) this.#arriving.take(key.id);
    };
    let sent: Promise<void> | undefined;
    try {
      const copy = await generated;
      if (!copy) return undefined;
      if (copy.life.expire === 0) return undefined;
      this.#keep(copy);
      const first = after?.(copy.tags);
      sent = first
        ? within(first, LONGEST_SETTLING).then(() => this.#remote.put(copy))
        : this.#remote.put(copy);
      unattended(sent.then(leave), this.#log);
      if (replaces) await within(this.#supersede(key, sent), SUPERSEDE).catch(() => {});
      else if (this.#fleeting) await within(sent, this.#settling);
      return copy;
    } finally {
      if (!sent) {
        this.#remote.decline(key);
        this.#inFlightPuts.end(key.id);
        leave();
      }
    }
  }

  /**
   * Stores what was generated elsewhere: by a build, or long ago. The server says at the next
   * lookup what it is worth.
   *
   * @returns whether it was sent; it is not when this process knows that it has expired, or when
   *   the server cannot be asked
   */
  async offer(key: Key, stored: Stored & { readonly asof: AsOf }): Promise<boolean> {
    const tags = tagList(stored.tags);
    const copy = { ...stored, tags, key, seen: stored.asof.revision, currentAt: -Infinity };
    if (!this.#remote.usable || this.#judgement.judge(copy, []) === 'expired') return false;
    await within(this.#remote.put(copy), this.#settling);
    return true;
  }

  /** Done when the server has answered what this process took for `key`, or never will. */
  ended(key: Key): Promise<void> {
    return this.#inFlightPuts.ended(key.id);
  }

  /** Notes that the put of `key` was answered, or never will be. */
  end(key: Key): void {
    this.#inFlightPuts.end(key.id);
  }

  /** Tells every process that keeps an entry of `key` that it is not what is stored any more. */
  async #supersede(key: Key, stored: Promise<void>): Promise<void> {
    await stored;
    await this.#invalidate([keyTag(key)], 0, REPLACED);
  }

  /**
   * Milliseconds for which a generation waits for its put: as long as a lookup may take at most.
   */
  get #settling(): number {
    return Math.min(LONGEST_SETTLING, this.#settings.timeout * 5);
  }

  /** Whether what is not sent while somebody waits may never be sent, and can be sent now. */
  get #fleeting(): boolean {
    return this.#settings.transport === 'http' && this.#remote.usable;
  }
}
