import type { Key } from '../entry/key.js';
import type { Ledger } from '../near/ledger.js';
import type { Copy } from '../near/near-cache.js';
import type { Clock } from '../runtime/clock.js';
import { sayOnce, type Log } from '../runtime/log.js';
import type { Transport } from '../transport/transport.js';
import {
  NO_LEASE,
  UNKNOWN,
  type Answer,
  type Content,
  type Identity,
  type Origin,
  type StoredOutcome,
} from '../wire/frame.js';
import { cut } from '../wire/label.js';
import { LIMITS } from '../wire/limits.js';
import { fitEntry } from '../wire/tag-list.js';
import { checksumOf, sizeOf } from '../wire/value.js';
import type { Leases } from './leases.js';

/** Milliseconds after which a put that found no connection is not worth sending any more. */
const LONGEST_QUEUED = 10_000;

/** Bytes by which the limit of a frame exceeds the limit of a value. */
const BESIDE_VALUE = 8 << 20;

/** Bytes of memory a put takes beside its value and its tags, roughly, while it waits. */
const BESIDE_TAGS = 1024;

/**
 * What became of a put: the server's outcome, not sent, or answered with an error. `dropped` is the
 * outcome of a put that was not sent, too.
 */
export type PutOutcome = StoredOutcome | 'refused';

/**
 * Called when a put was answered, or dropped without being sent. It is called at most once for each
 * put. The reason is empty for one that was stored.
 */
export type PutListener = (key: Key, outcome: PutOutcome, reason: string) => void;

/** Milliseconds of a generation, at most, that a frame can say. */
const LONGEST_SAID = 0xffff_ffff;

/** What this process generates, on its way to the server, and how its leases end. */
export class Puts {
  readonly #transport: Transport;
  readonly #leases: Leases;
  readonly #ledger: Ledger;
  readonly #listener: PutListener;
  readonly #identity: Identity;
  readonly #labels: boolean;
  readonly #log: Log;
  readonly #clock: Clock;
  /**
   * Bytes a frame may have, as the server says. 0 until there was a connection, so that nothing
   * fits.
   */
  frameLimit = 0;

  constructor(
    transport: Transport,
    leases: Leases,
    ledger: Ledger,
    listener: PutListener,
    identity: Identity,
    labels: boolean,
    log: Log,
    clock: Clock,
  ) {
    this.#transport = transport;
    this.#leases = leases;
    this.#ledger = ledger;
    this.#listener = listener;
    this.#identity = identity;
    this.#labels = labels;
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * Stores a copy, and ends the lease of its key. It is not sent, and the lease is ended without
   * it, when it was generated as of no known point, is beyond a limit of the protocol or of the
   * server, or finds no room or no connection in time.
   *
   * @returns a promise that is done when this process can do no more for it: it was handed to a
   *   connection, answered over HTTP, or dropped. The listener is called with what became of it
   */
  put(copy: Copy): Promise<void> {
    return new Promise((resolve) => this.#queuePut(copy, resolve));
  }

  /**
   * Has a copy sent when there is room; `left` is called when this process can do no more for it.
   */
  #queuePut(copy: Copy, left: () => void): void {
    const { key, asof, value, tags, life, generatedAt } = copy;
    const drop = (why: string): void => {
      this.#drop(key, why);
      left();
    };
    if (asof === UNKNOWN) return drop('it began before the history was known');
    const said = (kind: string, why: string): string => {
      sayOnce(this.#log, `unshared: ${kind}`, `an entry stays in this process: ${why}`);
      return why;
    };
    const unfit = (kind: string, why: string): void => {
      this.decline(key);
      drop(said(kind, why));
    };
    if (!fitEntry(tags)) {
      const most = `${LIMITS.entryTags} with ${LIMITS.entryTagBytes} bytes together`;
      return unfit('tags', `it has ${tags.length} tags; the most there can be are ${most}`);
    }
    const bytes = sizeOf(value);
    const most = this.frameLimit - BESIDE_VALUE;
    if (bytes > most) {
      return unfit('size', `it has ${bytes} bytes; the server takes ${most} (its --max-value)`);
    }
    const checksum = checksumOf(value);
    const born = this.#clock();
    let lease = NO_LEASE;
    const taken = this.#transport.queuePut({
      size: bytes + tags.reduce((sum, tag) => sum + tag.length, BESIDE_TAGS),
      worthwhile: () =>
        this.#clock() - born <= LONGEST_QUEUED && this.#ledger.current.identity === asof.identity,
      load: () => {
        // It is loaded again where the connection it left over has ended.
        if (lease === NO_LEASE) lease = this.#leases.take(key, generatedAt);
        const age = Math.max(0, Math.floor(this.#clock() - generatedAt));
        const content = { tags, life, age, checksum, value };
        const origin = this.#originOf(copy);
        return { operation: 'PUT', key: key.bytes, asof, lease, content, origin };
      },
      done: (sent) => (sent ? left() : drop('it could not be sent in time')),
      answered: (answer) => this.#stored(key, lease, answer),
    });
    if (!taken) drop(said('room', 'too much is waiting to be sent'));
  }

  #originOf({ label = '', kind = 'unknown', build = '', generation = 0 }: Copy): Origin {
    const { instance } = this.#identity;
    const took = Math.min(LONGEST_SAID, Math.round(generation));
    return { label: this.#labels ? cut(label) : '', kind, build, instance, generation: took };
  }

  /** What declines the lease of `key` that is held now, and no later one. */
  declineOf(key: Key): () => void {
    const lease = this.#leases.of(key);
    return () => {
      if (lease !== NO_LEASE && this.#leases.of(key) === lease) this.decline(key);
    };
  }

  /**
   * Ends the lease of `key`, if this process holds it: nothing was generated, or nothing that can
   * be shared. All who wait generate at once, rather than one after the other, and for a while
   * nobody waits for the next.
   */
  decline(key: Key): void {
    const lease = this.#leases.take(key);
    if (lease !== NO_LEASE) this.#decline(key, lease);
  }

  /**
   * Sends what says that nothing was generated; a server that refuses that learns that the lease
   * ends.
   */
  #decline(key: Key, lease: bigint): void {
    const asof = this.#ledger.current;
    this.#transport.tell(
      { operation: 'PUT', key: key.bytes, asof, lease, content: UNSHARED },
      ({ operation }) => {
        if (operation === 'ERROR')
          this.#transport.tell({ operation: 'RELEASE', key: key.bytes, lease });
      },
    );
  }

  /** Ends the lease of `key`, if this process holds it, so that somebody else generates. */
  release(key: Key): void {
    const lease = this.#leases.take(key);
    if (lease === NO_LEASE) return;
    this.#transport.tell({ operation: 'RELEASE', key: key.bytes, lease });
  }

  /** Takes the answer to a put: one that was refused has not ended its lease. */
  #stored(key: Key, lease: bigint, answer: Answer): void {
    if (answer.operation === 'STORED') {
      return this.#listener(key, answer.outcome, WHY[answer.outcome]);
    }
    if (lease !== NO_LEASE) this.#decline(key, lease);
    const reason = answer.operation === 'ERROR' ? answer.message : answer.operation;
    this.#listener(key, 'refused', reason);
  }

  /** Tells that a put was not sent, and lets somebody else generate. */
  #drop(key: Key, reason: string): void {
    this.#listener(key, 'dropped', reason);
    this.release(key);
  }
}

/** In a few words, why a put came to what the server says. */
const WHY: Readonly<Record<StoredOutcome, string>> = {
  stored: '',
  expired: 'it was invalidated, or its time had come, before it arrived',
  superseded: 'something newer is stored',
  unstamped: 'it was generated in no history the server knows',
  dropped: 'the store of the server takes nothing now; its log says why',
};

/** What is put in place of what cannot be shared. */
const UNSHARED: Content = {
  tags: [],
  life: { stale: 0, revalidate: 0, expire: 0 },
  age: 0,
  checksum: checksumOf([]),
  value: [],
};
