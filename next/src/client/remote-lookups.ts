import type { Key } from '../entry/key.js';
import { CircuitBreaker } from '../runtime/circuit-breaker.js';
import type { Clock } from '../runtime/clock.js';
import { pause } from '../runtime/turn.js';
import type { Patience, Transport } from '../transport/transport.js';
import { NO_LEASE, type Answer } from '../wire/frame.js';
import type { Leases } from './leases.js';
import {
  failed,
  HELD,
  isHeld,
  isRefreshed,
  missed,
  MOVED,
  verified,
  type Lookup,
  type RemoteOptions,
} from './lookup.js';
import type { Puts } from './puts.js';
import type { Requester } from './requester.js';

/** Milliseconds a waiting lookup may exceed its budget by before the server is not believed. */
const GRACE = 250;

/*
 * A lookup is asked twice when somebody else generates.
 *
 * From outside, an answer the server holds back looks like an answer it fails to give, and the two
 * deserve very different patience. So the first LOOKUP never waits: it must be answered within the
 * timeout, and MISS without a lease says that somebody else holds it. Only then a second LOOKUP
 * goes out that may wait, for as long as the link shows life.
 */

/** Lookups on the server, and the leases they bring. */
export class RemoteLookups {
  readonly #transport: Transport;
  readonly #requester: Requester;
  readonly #breaker: CircuitBreaker;
  readonly #leases: Leases;
  readonly #puts: Puts;
  readonly #clock: Clock;

  constructor(
    transport: Transport,
    requester: Requester,
    leases: Leases,
    puts: Puts,
    clock: Clock,
  ) {
    this.#transport = transport;
    this.#requester = requester;
    this.#breaker = new CircuitBreaker(clock);
    this.#leases = leases;
    this.#puts = puts;
    this.#clock = clock;
  }

  /**
   * Looks `key` up for a reader with these soft tags, and calls `found` once; it never fails.
   *
   * @param options how long to wait for somebody else's generation, and what counts as fresh
   * @param found called later, or in this call
   */
  lookup(
    key: Key,
    softTags: readonly string[],
    options: RemoteOptions,
    found: (lookup: Lookup) => void,
  ): void {
    const began = this.#clock();
    this.#lookOnce(key, softTags, 0, options, (first) => {
      if (!isHeld(first) && !(options.freshOnly && isRefreshed(first))) return found(first);
      this.#lookOn(key, softTags, options, first, began + options.wait).then(found, (error) =>
        found(missed(String(error), false, false)),
      );
    });
  }

  /**
   * Looks on for what somebody else generates: asks once more and waits, elsewhere when that server
   * goes away; and again at intervals, which grow to a quarter of a second, for a reader that takes
   * no stale entry.
   *
   * @param meanwhile what there is when the time is up
   * @param deadline on this process' clock
   */
  async #lookOn(
    key: Key,
    softTags: readonly string[],
    options: RemoteOptions,
    meanwhile: Lookup,
    deadline: number,
  ): Promise<Lookup> {
    const asked = this.#clock();
    let found = meanwhile;
    for (let left = options.wait; left > 0 && isHeld(found); left = deadline - this.#clock()) {
      found = await this.#lookAgain(key, softTags, Math.ceil(left), options);
      if (found.state !== 'miss' || found.reason !== MOVED) break;
      // Whoever leads is heard of through another server as well.
      await this.#transport.moved(deadline - this.#clock());
      found = missed(HELD);
    }
    for (let rest = 20; options.freshOnly && isRefreshed(found); rest *= 1.5) {
      const left = deadline - this.#clock();
      if (left <= 0) break;
      await pause(Math.min(rest, left, 250));
      found = await this.#lookAgain(key, softTags, 0, options);
    }
    return options.wait > 0 ? { ...found, waited: this.#clock() - asked } : found;
  }

  /** Looks once more for what somebody else generates. */
  #lookAgain(
    key: Key,
    softTags: readonly string[],
    waitBudget: number,
    options: RemoteOptions,
  ): Promise<Lookup> {
    return new Promise((resolve) => this.#lookOnce(key, softTags, waitBudget, options, resolve));
  }

  /** Looks once, for what there is or, with a budget, for what comes in time. */
  #lookOnce(
    key: Key,
    softTags: readonly string[],
    waitBudget: number,
    options: RemoteOptions,
    found: (lookup: Lookup) => void,
  ): void {
    const held = waitBudget > 0;
    const asked = this.#clock();
    const late = (answer: Answer): void => this.#tooLate(key, answer);
    const gaveUp = (lookup: number): void => this.#transport.tell({ operation: 'CANCEL', lookup });
    const patience = (): Patience =>
      held
        ? { turns: Infinity, most: waitBudget + GRACE, late, gaveUp }
        : { ...this.#requester.inTime, late };
    this.#requester.ask(
      { operation: 'LOOKUP', key: key.bytes, softTags, leaseWanted: true, waitBudget },
      { breaker: this.#breaker, held, patience },
      (heard) =>
        found(
          typeof heard === 'string'
            ? missed(heard, false, false)
            : this.#read(key, heard, held ? this.#clock() : asked, options),
        ),
    );
  }

  /**
   * What an answer says: with an entry, if its bytes are undamaged.
   *
   * @param from the moment the age of the entry counts from
   */
  #read(key: Key, answer: Answer, from: number, { generation, suffices }: RemoteOptions): Lookup {
    const { operation } = answer;
    if (operation === 'ERROR') return failed(answer.message);
    if (operation !== 'FRESH' && operation !== 'STALE' && operation !== 'MISS') {
      return failed(`answered with ${operation}`);
    }
    const lease = operation === 'FRESH' ? NO_LEASE : answer.lease;
    const leased = lease !== NO_LEASE;
    if (leased) this.#leases.granted(key, lease, generation);
    if (operation === 'MISS') return missed(leased ? 'nothing usable stored' : HELD, leased);
    const entry = verified(key, answer.current, answer.entry, from);
    if (!entry) return missed('the entry arrived damaged', leased);
    if (operation === 'STALE' && !suffices(entry))
      return { state: 'stale', leased, entry, waited: 0 };
    if (leased) this.#puts.release(key);
    return { state: 'fresh', leased: false, entry, waited: 0 };
  }

  /** Gives back a lease that was granted to a caller who has gone. */
  #tooLate(key: Key, answer: Answer): void {
    if (answer.operation !== 'MISS' && answer.operation !== 'STALE') return;
    if (answer.lease === NO_LEASE) return;
    this.#transport.tell({ operation: 'RELEASE', key: key.bytes, lease: answer.lease });
  }
}
