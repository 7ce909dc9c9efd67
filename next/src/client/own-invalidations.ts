import type { Events } from '../events/events.js';
import type { Coherence } from '../near/coherence.js';
import type { Ledger } from '../near/ledger.js';
import type { Undelivered } from '../near/undelivered.js';
import type { Clock } from '../runtime/clock.js';
import type { Log } from '../runtime/log.js';
import { NEVER } from '../wire/frame.js';
import { LIMITS } from '../wire/limits.js';
import { Refused } from './invalidate.js';
import type { Remote } from './remote.js';

/** What has an invalidation made: what was called, and the path of the request that called it. */
export interface By {
  readonly action: string;
  readonly path: string;
}

/** What was not confirmed in time is sent again by nobody's request. */
const RESENT: By = { action: 'resent', path: '' };

/** What invalidations of this process need. */
export interface InvalidationParts {
  readonly remote: Remote;
  readonly ledger: Ledger;
  readonly coherence: Coherence;
  readonly undelivered: Undelivered;
  readonly events: Events;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * The invalidations of this process: made durable, or remembered until they are. What is remembered
 * is judged by in this process at once (`Undelivered`).
 */
export class OwnInvalidations {
  readonly #remote: Remote;
  readonly #ledger: Ledger;
  readonly #coherence: Coherence;
  readonly #undelivered: Undelivered;
  readonly #events: Events;
  readonly #log: Log;
  readonly #clock: Clock;
  #delivering = false;
  /** What was said last of invalidations that wait, so that it is said once. */
  #complaint = '';

  constructor(parts: InvalidationParts) {
    this.#remote = parts.remote;
    this.#ledger = parts.ledger;
    this.#coherence = parts.coherence;
    this.#undelivered = parts.undelivered;
    this.#events = parts.events;
    this.#log = parts.log;
    this.#clock = parts.clock;
  }

  /**
   * Invalidates entries that carry one of `tags`. When it is done no reader of this process is given
   * an entry it expired, and the events of its outcome were emitted.
   *
   * More tags than one INVALIDATE may hold travel in several, one after the other. Once one of them
   * was not confirmed, those that follow are remembered without another wait; one that is refused
   * keeps nothing from the others.
   *
   * @param expire seconds: 0 is now, else stale now and expired after it
   * @param by what has it made, for people
   * @throws Error when not all of it was confirmed in time, or the server refused a part; the message
   *   names the tags of the first such part
   */
  async invalidate(tags: readonly string[], expire: number, by: By): Promise<void> {
    let failed: Error | undefined;
    let unconfirmed: Error | undefined;
    for (let at = 0; at < tags.length; at += LIMITS.tags) {
      const some = tags.slice(at, at + LIMITS.tags);
      const failure = await this.#invalidate(some, expire, by, unconfirmed);
      if (!failure) continue;
      if (!(failure instanceof Refused)) unconfirmed = failure;
      const { message } = failure;
      failed ??= new Error(`larder: could not invalidate ${JSON.stringify(some)}: ${message}`);
    }
    if (failed) throw failed;
  }

  /**
   * Invalidates as many tags as a frame holds at most, or remembers that; tells of the outcome.
   *
   * @param unconfirmed why it is not to be asked for, as the same was tried just now; undefined has it
   *   asked for
   * @returns why it was not confirmed; `Refused` when it never will be
   */
  async #invalidate(
    tags: readonly string[],
    expire: number,
    by: By,
    unconfirmed: Error | undefined,
  ): Promise<Error | undefined> {
    const began = this.#clock();
    const report = (outcome: 'confirmed' | 'owed' | 'refused', reason: string): void =>
      this.#events.tell({
        type: 'invalidation',
        outcome,
        tags,
        expire,
        duration: this.#clock() - began,
        reason,
      });
    try {
      if (unconfirmed) throw unconfirmed;
      await this.#confirm(tags, expire, by);
      report('confirmed', '');
      return undefined;
    } catch (error) {
      const failure = error as Error;
      const refused = failure instanceof Refused;
      if (!refused && !this.#undelivered.remember(tags, expire, began)) {
        this.#log.error('too many invalidations wait for the server; other instances miss them');
      }
      report(refused ? 'refused' : 'owed', failure.message);
      return failure;
    }
  }

  /** Has an invalidation made durable, and learns of it before anybody here can ask. */
  async #confirm(tags: readonly string[], expire: number, by: By): Promise<void> {
    const asked = this.#clock();
    const { identity, revision } = await this.#remote.invalidate(tags, expire, by);
    const expiresIn = expire >= NEVER ? Infinity : expire * 1000;
    const invalidation = { revision, expiresIn, tags };
    if (this.#ledger.follow(identity, invalidation, asked, this.#clock())) return;
    this.#coherence.distrust();
    await this.#coherence.refresh();
  }

  /** Has an invalidation made durable that is owed; false when the server says it never will be. */
  async #settle(tags: readonly string[], expire: number): Promise<boolean> {
    try {
      await this.#confirm(tags, expire, RESENT);
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#log.error(`could not invalidate ${JSON.stringify(tags)}: ${error.message}`);
      return false;
    }
  }

  /**
   * Sends again what is owed, the oldest first, as long as it is confirmed. Called when the server
   * is reached; a second call does nothing while one is under way. Never rejects.
   */
  async deliver(): Promise<void> {
    if (this.#delivering || this.#undelivered.size === 0) return;
    this.#delivering = true;
    let confirmed = 0;
    try {
      await this.#undelivered.deliver(async (tags, expire) => {
        if (await this.#settle(tags, expire)) confirmed++;
      });
      this.#complaint = '';
      if (confirmed === 0) return;
      this.#log.notice(`${confirmed} invalidations that could not be sent before are confirmed`);
    } catch (error) {
      const { message } = error as Error;
      const complaint = `${this.#undelivered.size} invalidations are still not confirmed: ${message}`;
      if (complaint !== this.#complaint) this.#log.error(complaint);
      this.#complaint = complaint;
    } finally {
      this.#delivering = false;
    }
  }
}
