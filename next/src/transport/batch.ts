import { write } from '../wire/codec.js';
import { fitting, type Answer, type AsOf, type Request } from '../wire/frame.js';
import { Writer } from '../wire/writer.js';

/** Who wants the answer to a request. One of `answered`, `lost` and `refused` is called, once. */
export interface PendingRequest {
  /** @param leaving whether the server that says so is about to stop */
  answered(answer: Answer, leaving: boolean): void;
  /** There will be no answer: what was sent may have been done all the same. */
  lost(): void;
  /** The server knows no such version, and has done nothing. Absent where that is as `lost`. */
  refused?(): void;
  /** There is no answer in time; there may be one later. Absent where nobody waits. */
  late?(reason: 'silent' | 'late'): void;
}

/** Milliseconds somebody waits, as in `Patience`. */
interface Wait {
  readonly turns: number;
  readonly most: number;
}

/**
 * The frames of one request to the server, and who wants their answers.
 *
 * The HELLO comes first, with request id 1; requests have the ids from 2 on, in the order they were
 * added. A batch belongs to no connection: what is pushed, and leases that end with a connection,
 * do not exist here.
 */
export class Batch {
  /** The point of history that is known, as the HELLO says it. */
  readonly known: AsOf;
  /** Whether the server may keep the answer to itself for a while. */
  readonly held: boolean;
  /** The version of the protocol its frames are of. */
  readonly version: number;
  readonly #frames = new Writer();
  readonly #pending = new Map<number, PendingRequest>();
  #wait: Wait | undefined;

  /**
   * @param client what this process calls itself in the server's log
   * @param held whether the answer may be held back, so that nothing else should travel with it
   * @param version of the protocol, that its frames are of
   */
  constructor(client: string, known: AsOf, held: boolean, version: number) {
    this.known = known;
    this.held = held;
    this.version = version;
    const hello = { operation: 'HELLO', version, client, known } as const;
    write(this.#frames, hello, 1);
  }

  /** The longest that anybody waits, or undefined if nobody does. */
  get wait(): Wait | undefined {
    return this.#wait;
  }

  /** Bytes of its frames. */
  get size(): number {
    return this.#frames.length;
  }

  /**
   * The number of answers that are wanted. Zero is a batch of a HELLO alone, which is not worth
   * sending.
   */
  get wanted(): number {
    return this.#pending.size;
  }

  /**
   * Adds a request.
   *
   * @param wait how long somebody waits for the answer; undefined where nobody does
   * @throws RangeError when a field does not fit its type; nothing is added then
   */
  add(request: Request, pending: PendingRequest, wait?: Wait): void {
    const requestId = this.#pending.size + 2;
    write(this.#frames, fitting(request, this.version)!, requestId);
    this.#pending.set(requestId, pending);
    if (wait && wait.turns >= (this.#wait?.turns ?? 0)) this.#wait = wait;
  }

  /**
   * Hands out the frames, in pieces, once. Afterwards the batch is empty, and only its answers are
   * to come.
   */
  take(): Uint8Array[] {
    return this.#frames.take();
  }

  /** Hands an answer to who wants it, who is among those left if that cannot be dealt with. */
  answered(answer: Answer, leaving: boolean): void {
    this.#pending.get(answer.requestId)?.answered(answer, leaving);
    this.#pending.delete(answer.requestId);
  }

  /** Tells whoever waits that there is no answer in time. */
  late(reason: 'silent' | 'late'): void {
    for (const pending of this.#pending.values()) pending.late?.(reason);
  }

  /** Tells everybody that nothing was done, because the server speaks an older version. */
  refused(): void {
    for (const pending of this.#pending.values()) {
      if (pending.refused) pending.refused();
      else pending.lost();
    }
    this.#pending.clear();
  }

  /** Tells whoever is left that there will be no answer. */
  lost(): void {
    for (const pending of this.#pending.values()) pending.lost();
    this.#pending.clear();
  }
}
