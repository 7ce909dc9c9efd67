import type { Answer, Request } from '../wire/frame.js';

/** Bytes of puts that may wait in this process, on their way and before it. */
export const HOLD = 64 << 20;

/** Bytes of unsent data above which puts stand back, so that lookups do not queue behind them. */
const CONGESTED = 1 << 20;

/** A put on its way. */
export interface QueuedPut {
  /** Bytes, roughly. */
  readonly size: number;
  /**
   * Whether it still makes sense to send it. Asked just before it would be sent, and at each failed
   * attempt to connect.
   */
  worthwhile(): boolean;
  /** The frame as of this moment; called when it is sent, and again if it is sent again. */
  load(): Request<'PUT'>;
  /**
   * Called when this process need not be waited for any more: it was handed to a connection that
   * lasts, or answered where none does, or given up. Again, when a connection did not last.
   *
   * @param sent whether it was handed over; false where it was given up
   */
  done(sent: boolean): void;
  /** Takes the server's answer, if there is one. */
  answered(answer: Answer): void;
}

/**
 * The bounded queue in which puts wait for a free link, first in, first out; everything else
 * overtakes them.
 */
export class PutQueue {
  readonly #queue: QueuedPut[] = [];
  #bytes = 0;

  /**
   * Takes a put if it fits beside `unsent` bytes; false means it was not taken, and nothing of it
   * is called.
   */
  offer(queued: QueuedPut, unsent: number): boolean {
    if (this.#bytes + unsent + queued.size > HOLD) return false;
    this.#queue.push(queued);
    this.#bytes += queued.size;
    return true;
  }

  /**
   * Hands out what there is room for. `unsent` is asked again after each. What is not worth sending
   * any more is given up on the way.
   */
  pump(unsent: () => number, send: (queued: QueuedPut) => void): void {
    while (this.#queue.length > 0 && unsent() < CONGESTED) {
      const queued = this.#shift();
      if (queued.worthwhile()) send(queued);
      else queued.done(false);
    }
  }

  /**
   * Gives up, from the oldest on, what is no longer worth sending. It stops at the first that still
   * is.
   */
  clear(): void {
    while (this.#queue[0]?.worthwhile() === false) this.#shift().done(false);
  }

  #shift(): QueuedPut {
    const queued = this.#queue.shift()!;
    this.#bytes -= queued.size;
    return queued;
  }
}
