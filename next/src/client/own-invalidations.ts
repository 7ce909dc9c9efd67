import type { Events } from '../events/events.js';
import type { Coherence } from '../near/coherence.js';
import type { Ledger } from '../near/ledger.js';
import type { Undelivered } from '../near/undelivered.js';
import type { Clock } from '../runtime/clock.js';
import type { Log } from '../runtime/log.js';
import { NEVER } from '../wire/frame.js';
import { Refused } from './invalidate.js';
import type { Remote } from './remote.js';

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
   * Invalidates entries that carry one of `tags`, at most as many as a frame holds. When it is done
   * no reader of this process is given an entry it expired, and the event of its outcome was told.
   *
   * @param expire seconds: 0 is now, else stale now and expired after it
   * @throws Error when it was not confirmed in time, or was refused; the message names the tags
   */
  async invalidate(tags: readonly string[], expire: number): Promise<void> {
    const began = this.#clock();
    const told = (outcome: 'confirmed' | 'owed' | 'refused', reason: string): void =>
      this.#events.tell({
        type: 'invalidation',
        outcome,
        tags,
        expire,
        duration: this.#clock() - began,
        reason,
      });
    try {
      await this.#confirm(tags, expire);
      told('confirmed', '');
    } catch (error) {
      const { message } = error as Error;
      const refused = error instanceof Refused;
      if (!refused && !this.#undelivered.remember(tags, expire, began)) {
        this.#log.error('too many invalidations wait for the server; other instances miss them');
      }
      told(refused ? 'refused' : 'owed', message);
      throw new Error(`larder: could not invalidate ${JSON.stringify(tags)}: ${message}`);
    }
  }

  /** Has an invalidation made durable, and learns of it before anybody here can ask. */
  async #confirm(tags: readonly string[], expire: number): Promise<void> {
    const asked = this.#clock();
    const { identity, revision } = await this.#remote.invalidate(tags, expire);
    const expiresIn = expire >= NEVER ? Infinity : expire * 1000;
    const invalidation = { revision, expiresIn, tags };
    if (this.#ledger.follow(identity, invalidation, asked, this.#clock())) return;
    this.#coherence.distrust();
    await this.#coherence.refresh();
  }

  /** Has an invalidation made durable that is owed; false when the server says it never will be. */
  async #settle(tags: readonly string[], expire: number): Promise<boolean> {
    try {
      await this.#confirm(tags, expire);
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
