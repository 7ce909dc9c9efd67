import type WebSocket from 'ws';
import { detached } from '../runtime/detached.js';
import { write } from '../wire/codec.js';
import type { Frame, Request } from '../wire/frame.js';
import { LIMITS } from '../wire/limits.js';
import { sizeOf } from '../wire/value.js';
import { Writer } from '../wire/writer.js';
import { SendQueue } from './send-queue.js';

/**
 * What leaves over one WebSocket.
 *
 * Frames asked for in one turn of the event loop leave as one message: the flush waits until the
 * microtasks of the turn have run, but not for other callbacks of the loop. A put of a large value
 * is a message of its own.
 */
export class Outbox {
  readonly #queue: SendQueue;
  readonly #isOpen: () => boolean;
  /** The frames of this turn. */
  #frames = new Writer();
  #flushing = false;

  /**
   * @param left called when a message has left this process
   * @param isOpen whether the handshake is done, and the connection has not ended: otherwise what was
   *   posted is not sent
   */
  constructor(socket: WebSocket, left: () => void, isOpen: () => boolean) {
    this.#queue = new SendQueue(socket, left);
    this.#isOpen = isOpen;
  }

  /** Bytes that have not left this process. */
  get unsent(): number {
    return this.#frames.length + this.#queue.unsent;
  }

  /** Sends a frame at once, as a message of its own: the HELLO, before which nothing may be sent. */
  greet(hello: Frame<'HELLO'>): void {
    const frame = new Writer();
    write(frame, hello);
    this.#queue.send(frame.take());
  }

  /**
   * Writes a request behind those of this turn, and has them sent at its end; at once what is a
   * message of its own.
   *
   * @throws RangeError when a field does not fit its type; it is not sent then
   */
  post(request: Request, requestId: number): void {
    const large = isLarge(request);
    if (large) this.#flush();
    write(this.#frames, request, requestId);
    if (large || this.#frames.length > LIMITS.message) this.#flush();
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => process.nextTick(() => this.#flush()));
  }

  /** Forgets what has not been sent: the connection is over. */
  clear(): void {
    this.#frames.truncate(0);
    this.#queue.clear();
  }

  /** Sends what was written, as one message. */
  #flush(): void {
    this.#flushing = false;
    if (this.#frames.length === 0 || !this.#isOpen()) return;
    // Frames are masked with random numbers, which a render must not be seen to ask for.
    detached(() => this.#queue.send(this.#frames.take()));
  }
}

/** Whether a request is a message of its own, which is sent in fragments. */
function isLarge(request: Request): boolean {
  return request.operation === 'PUT' && sizeOf(request.content.value) > LIMITS.fragment;
}
