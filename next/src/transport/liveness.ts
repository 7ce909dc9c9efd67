import type { Clock } from '../runtime/clock.js';
import { Registry } from '../runtime/registry.js';
import { afterTurn } from '../runtime/turn.js';

/** Bytes within one turn that excuse a link for not having answered yet. */
const BULK = 4096;

/** Shortest silence, in milliseconds of turns, after which a link is given up. */
const DEAD_AFTER = 1500;

/** Runs a task after some milliseconds and one poll for input, as `afterTurn` does. */
type AfterTurn = (milliseconds: number, task: () => void) => NodeJS.Timeout | undefined;

/** A request whose answer somebody waits for. */
export interface Waiting {
  /** Milliseconds of undisturbed turns left; `Infinity` as long as the link shows life. */
  patience: number;
  /** The moment after which nothing is an excuse. It is on the clock of the `Liveness`. */
  readonly deadline: number;
  /** Whether silence alone does not end the wait. */
  readonly steadfast: boolean;
  /** Ends the wait: the answer is late, or the whole link is silent. */
  giveUp(reason: 'late' | 'silent'): void;
}

/** What can be seen and done of the link that is watched. */
export interface Body {
  /** Bytes received since the link opened. Only its growth is looked at. */
  received(): number;
  /** Bytes handed to the socket that have not left this process. */
  unsent(): number;
  /** Asks the server for any sign of life. */
  probe(): void;
  /**
   * The link has been silent for too long, or has just been heard again. Called before the waits
   * are given up.
   */
  fell(state: 'silent' | 'alive'): void;
  /** The link has been silent for so long that a new one is better. */
  die(): void;
}

/*
 * How long is too long?
 *
 * A lookup that is not answered in time must cost its page about the timeout, whatever is wrong: a
 * frozen server, a vanished host, a slow store. But a process that renders blocks its own event
 * loop, and then answers lie unread in the socket while the wall clock runs. So patience is counted
 * in turns of this loop, not on the wall: a turn is one timer of TURN milliseconds followed by one
 * poll for input, and however long the loop was blocked in between, it counts TURN.
 *
 * Silence belongs to the link, not to a request. After two turns without a byte a PING goes out;
 * when it and everything else stays unanswered for the timeout, the link is silent: everybody who
 * waits is given up at once, callers learn it before they ask, and PINGs go on until one byte
 * arrives or the link is replaced.
 */

/**
 * Watches a link while somebody waits for it, and judges it by turns of this event loop. While
 * nobody waits, and nothing is missing, no timer runs.
 */
export class Liveness {
  readonly #timeout: () => number;
  readonly #turn: number;
  readonly #body: Body;
  readonly #clock: Clock;
  readonly #afterTurn: AfterTurn;
  readonly #waiters = new Registry<number, Waiting>();
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #run = 0;
  /** The moment at which the turn that has begun is to end. */
  #due = 0;
  #quiet = 0;
  #received = 0;
  #unsent = 0;
  #silent = false;

  /**
   * Its turns are a fifth of the timeout, from 5 to 20 ms.
   *
   * @param timeout milliseconds of turns after which a link that says nothing is silent
   * @param after how turns pass; those of this event loop unless given
   */
  constructor(timeout: () => number, body: Body, clock: Clock, after: AfterTurn = afterTurn) {
    this.#timeout = timeout;
    this.#turn = Math.max(5, Math.min(20, timeout() / 5));
    this.#body = body;
    this.#clock = clock;
    this.#afterTurn = after;
  }

  /** Whether the link has been silent for longer than the timeout. */
  get silent(): boolean {
    return this.#silent;
  }

  /**
   * Waits with `waiter`, the one with this request id, until `leave` or its `giveUp`. Its
   * `patience` is counted down from here.
   */
  watch(request: number, waiter: Waiting): void {
    this.#waiters.add(request, waiter);
    // One turn more for the one that has begun, so that a silent link is recognised before its
    // patients are merely late.
    if (this.#running) waiter.patience += this.#turn;
    else this.#start();
  }

  /** Ends a wait that was answered. One that was given up, or never began, may be named. */
  leave(request: number): void {
    this.#waiters.take(request);
  }

  /** Takes note of a sign of life at once, where it is seen before the next turn ends. */
  heard(): void {
    this.#quiet = 0;
    if (!this.#silent) return;
    this.#silent = false;
    this.#body.fell('alive');
  }

  /** Forgets everybody, without a word to them. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#run++;
    this.#running = false;
    this.#silent = false;
    this.#waiters.takeAll();
  }

  /** Turns begin to pass. */
  #start(): void {
    this.#running = true;
    this.#quiet = 0;
    this.#due = this.#clock();
    this.#received = this.#body.received();
    this.#unsent = this.#body.unsent();
    this.#schedule();
  }

  /** The next turn. */
  #schedule(): void {
    const run = ++this.#run;
    const moment = this.#clock();
    // A timer is late by a millisecond and the time it takes to wake up; a caller must not be by the
    // sum of them. The next turn makes up for it, but not for a loop that was blocked.
    const longest = this.#turn - 2;
    const shortest = longest - this.#turn / 5;
    this.#due = Math.min(Math.max(this.#due + longest, moment + shortest), moment + longest);
    this.#timer = this.#afterTurn(this.#due - moment, () => run === this.#run && this.#beat());
  }

  /** A turn has passed: looks whether the link was heard, and who has waited for too long. */
  #beat(): void {
    const received = this.#body.received();
    const unsent = this.#body.unsent();
    const arrived = received - this.#received;
    const bulk = arrived >= BULK || this.#unsent - unsent >= BULK;
    this.#received = received;
    this.#unsent = unsent;
    if (arrived > 0 || bulk) this.heard();
    else this.#missed();
    if (this.#running) this.#grow(bulk ? 0 : this.#turn);
    if (this.#waiters.size === 0 && this.#quiet === 0) this.#running = false;
    if (this.#running) this.#schedule();
  }

  /** A turn without a byte. */
  #missed(): void {
    const timeout = this.#timeout();
    const before = this.#quiet;
    this.#quiet += this.#turn;
    const passes = (limit: number): boolean => before < limit && this.#quiet >= limit;
    if (passes(this.#turn * 2) || (this.#silent && passes(nextProbe(before, timeout)))) {
      this.#body.probe();
    }
    if (passes(timeout)) {
      this.#silent = true;
      this.#body.fell('silent');
      this.#giveUp(({ steadfast }) => !steadfast, 'silent');
    }
    if (passes(Math.max(DEAD_AFTER, timeout * 3))) this.#body.die();
  }

  /**
   * Counts a turn against the patience of all who wait; none after one in which much arrived or
   * left.
   */
  #grow(impatience: number): void {
    const moment = this.#clock();
    for (const [, waiter] of this.#waiters.all()) waiter.patience -= impatience;
    this.#giveUp(({ patience, deadline }) => patience <= 0 || moment > deadline, 'late');
  }

  /** Ends the waits that `which` names. */
  #giveUp(which: (waiter: Waiting) => boolean, reason: 'late' | 'silent'): void {
    for (const [request, waiter] of this.#waiters.all()) {
      // One that is given up may end another.
      if (which(waiter) && this.#waiters.take(Number(request))) waiter.giveUp(reason);
    }
  }
}

/** The first multiple of `step` after `quiet`. */
function nextProbe(quiet: number, step: number): number {
  return (Math.floor(quiet / step) + 1) * step;
}
