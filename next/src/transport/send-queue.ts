import type WebSocket from 'ws';
import { LIMITS } from '../wire/limits.js';
import { sizeOf, slices } from '../wire/value.js';

/** Bytes that may wait in the socket before it is handed another fragment. */
const AHEAD = 2 * LIMITS.fragment;

/** Bytes of a message that is sent in one WebSocket frame, at most. */
const LONGEST_FRAME = 2 * LIMITS.message;

/** A part of a message, and whether it is the last one. */
interface Fragment {
  readonly bytes: Uint8Array;
  readonly fin: boolean;
}

/*
 * A socket masks what it is handed, and a masked copy lives until it has left. So a large message
 * goes in fragments, of which the socket has only a few at a time; what follows keeps its order. The
 * system may take all at once, so a turn of the event loop lies between them: others have theirs, and
 * the copies can be let go of.
 */

/**
 * The messages that leave over one socket. They leave in the order of `send`, and nothing of one
 * message gets between the fragments of another.
 */
export class SendQueue {
  readonly #socket: WebSocket;
  readonly #left: () => void;
  #waiting: Fragment[] = [];
  /** Bytes of what waits. */
  #bytes = 0;
  #resting = false;

  /** @param left called when a message has left this process */
  constructor(socket: WebSocket, left: () => void) {
    this.#socket = socket;
    this.#left = left;
  }

  /** Bytes that have not left this process. What the system has taken counts as left. */
  get unsent(): number {
    return this.#bytes + this.#socket.bufferedAmount;
  }

  /**
   * Sends a message, which is not copied as a whole: in fragments when it comes in pieces. The
   * pieces must not be changed until the message has left.
   *
   * @param pieces at least one; one alone of up to 2 MiB leaves as one WebSocket frame
   */
  send(pieces: readonly Uint8Array[]): void {
    const [first] = pieces;
    if (pieces.length === 1 && first!.length <= LONGEST_FRAME) {
      if (this.#waiting.length === 0) return this.#hand({ bytes: first!, fin: true });
      this.#waiting.push({ bytes: first!, fin: true });
    } else {
      this.#waiting.push(...fragmentsOf(pieces));
    }
    this.#bytes += sizeOf(pieces);
    if (!this.#resting) this.#handOn();
  }

  /** Forgets what waits: the connection is over. */
  clear(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }

  /** Hands the socket as much as may wait in it. */
  #handOn(): void {
    this.#resting = false;
    let room = AHEAD - this.#socket.bufferedAmount;
    while (this.#waiting.length > 0 && room > 0) {
      const fragment = this.#waiting.shift()!;
      room -= fragment.bytes.length;
      this.#bytes -= fragment.bytes.length;
      this.#hand(fragment);
    }
  }

  #hand({ bytes, fin }: Fragment): void {
    this.#socket.send(bytes, { fin }, (error) => {
      if (error) return this.clear();
      if (this.#waiting.length > 0) this.#rest();
      if (fin) this.#left();
    });
  }

  /** Goes on in the next turn of the event loop. */
  #rest(): void {
    if (this.#resting) return;
    this.#resting = true;
    setImmediate(() => this.#handOn());
  }
}

/** The message in parts of at most a fragment, views of its pieces; the last one ends it. */
function fragmentsOf(pieces: readonly Uint8Array[]): Fragment[] {
  const fragments = slices(pieces).map((bytes) => ({ bytes, fin: false }));
  fragments.at(-1)!.fin = true;
  return fragments;
}
