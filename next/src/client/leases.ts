import type { Clock } from '../runtime/clock.js';
import { detached } from '../runtime/detached.js';
import type { Key } from '../entry/key.js';
import { Registry } from '../runtime/registry.js';
import { NO_LEASE } from '../wire/frame.js';

/** Milliseconds between two renewals, times three, when the server would allow for more. */
const LONGEST_TERM = 180_000;

/** A lease this process holds. */
interface Lease {
  readonly key: Key;
  readonly token: bigint;
  /** The moment after which it is left to lapse. */
  readonly until: number;
  /** When it was granted, if that was while this process generated under the one before it. */
  readonly since: number;
}

/**
 * The leases this process holds: one per key, renewed every third of its term while its generation
 * may still be running, and left to lapse after a bound, because Next.js does not say when it
 * abandons a generation.
 */
export class Leases {
  readonly #clock: Clock;
  readonly #renew: (key: Key, token: bigint) => Promise<void>;
  readonly #held = new Registry<string, Lease>();
  #term = 1000;
  #timer: NodeJS.Timeout | undefined;

  /** @param renew done when the server has answered */
  constructor(clock: Clock, renew: (key: Key, token: bigint) => Promise<void>) {
    this.#clock = clock;
    this.#renew = renew;
  }

  /** The number of leases held. */
  get size(): number {
    return this.#held.size;
  }

  /** Sets the term, in milliseconds, that the server grants. */
  set term(milliseconds: number) {
    this.#term = Math.min(Math.max(30, milliseconds), LONGEST_TERM);
  }

  /**
   * Records a lease granted now, to be renewed for at most `bound` milliseconds. It takes the place
   * of an earlier one of the key, which the server has ended or calls outdated.
   */
  granted(key: Key, token: bigint, bound: number): void {
    const moment = this.#clock();
    const since = this.#held.get(key.id) ? moment : -Infinity;
    this.#held.add(key.id, { key, token, until: moment + bound, since });
    if (this.#timer) return;
    this.#timer = detached(() => setInterval(() => this.#tend(), this.#term / 3).unref());
  }

  /** The lease of `key`; `NO_LEASE` if there is none. */
  of(key: Key): bigint {
    return this.#held.get(key.id)?.token ?? NO_LEASE;
  }

  /**
   * Hands out the lease of `key`, which is then no longer renewed; `NO_LEASE` if there is none, or
   * if it was granted for a later generation than the one that began at `began`.
   */
  take(key: Key, began = Infinity): bigint {
    const lease = this.#held.get(key.id);
    if (!lease || began < lease.since) return NO_LEASE;
    this.#forget(lease);
    return lease.token;
  }

  /** Forgets a lease the server says is gone, unless a newer one took its place. */
  lapsed(key: Key, token: bigint): void {
    const lease = this.#held.get(key.id);
    if (lease?.token === token) this.#forget(lease);
  }

  /** Renews all leases now: over the connection they are renewed over they end with it. */
  async tend(): Promise<void> {
    const moment = this.#clock();
    const renewals: Promise<void>[] = [];
    for (const [, lease] of this.#held.all()) {
      if (moment > lease.until) this.#forget(lease);
      else renewals.push(this.#renew(lease.key, lease.token));
    }
    await Promise.all(renewals);
  }

  /** What cannot be renewed lapses. */
  #tend(): void {
    this.tend().catch(() => {});
  }

  /** Ends the renewals of a lease; whoever took it tells the server. */
  #forget(lease: Lease): void {
    this.#held.take(lease.key.id);
    if (this.#held.size === 0) this.#rest();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
