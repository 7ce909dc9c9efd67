import type { Clock } from './clock.js';
import { afterTurn } from './turn.js';

/** Bytes within one turn that excuse the server for not having answered yet. */
const BULK = 4096;

/** Milliseconds beyond its length after which a turn shows that this process was not running. */
const FROZEN = 1000;

/** Why a countdown is over: its turns have passed, or the wall clock has. */
export type Over = 'silent' | 'late';

/**
 * Patience with one request, counted in turns of this event loop: a timer followed by a poll for
 * input. However long the loop was blocked or the process frozen, it counts one turn, and what
 * arrived meanwhile is read before the next.
 */
export class Countdown {
  readonly #turn: number;
  readonly #deadline: number;
  readonly #received: () => number;
  readonly #clock: Clock;
  readonly #over: (reason: Over) => void;
  #left: number;
  #seen: number;
  #turnedAt: number;
  #slept = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  /**
   * Begins at once. Its turns are a fifth of `turns`, from 5 to 100 ms.
   *
   * @param over called once, unless it was stopped
   */
  constructor(
    turns: number,
    most: number,
    received: () => number,
    clock: Clock,
    over: (reason: Over) => void,
  ) {
    this.#turn = Math.max(5, Math.min(100, turns / 5));
    this.#left = turns;
    this.#turnedAt = clock();
    this.#deadline = this.#turnedAt + most;
    this.#received = received;
    this.#clock = clock;
    this.#over = over;
    this.#seen = received();
    this.#schedule();
  }

  /**
   * Whether this process was frozen in the meantime, so that nothing can be blamed on the server.
   * That is so when a turn took a second longer than it should have.
   */
  get slept(): boolean {
    return this.#slept || this.#clock() - this.#turnedAt > this.#turn + FROZEN;
  }

  /** Ends it without a word. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    this.#timer = afterTurn(this.#turn, () => this.#stopped || this.#pass());
  }

  #pass(): void {
    this.#slept = this.slept;
    const moment = this.#clock();
    this.#turnedAt = moment;
    const received = this.#received();
    if (received - this.#seen < BULK) this.#left -= this.#turn;
    this.#seen = received;
    if (this.#left > 0 && moment <= this.#deadline) return this.#schedule();
    this.#stopped = true;
    this.#over(this.#left > 0 ? 'late' : 'silent');
  }
}
