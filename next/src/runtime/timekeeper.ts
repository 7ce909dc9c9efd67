import { now, wall, type Clock } from './clock.js';

/** Milliseconds the wall clock must gain before it counts. */
const NOTICEABLE = 100;

/** Leaps remembered; a moment before the oldest of them counts as earlier than it was. */
const CAPACITY = 256;

/** A gain of the wall clock. */
interface Leap {
  /** What the clock of Next.js showed when it was noticed. */
  readonly shown: number;
  /** Milliseconds of this leap and of all before it. */
  readonly total: number;
}

/**
 * The time that has passed, also while this process did not exist for its clock.
 *
 * The clock Next.js stamps entries with stands still while the machine is suspended, as that of a
 * function is between two requests, and an entry would not have aged meanwhile. The wall clock goes
 * on, but it may be set. So this time runs with the clock of Next.js, and leaps by what the wall
 * clock has gained on it. Setting the wall clock back changes nothing; setting it forward makes
 * what is kept older than it is, which costs a generation.
 */
export class Timekeeper {
  /** The clock of Next.js. */
  readonly next: Clock;
  readonly #wall: Clock;
  #leaps: Leap[] = [];
  #lead: number;

  /**
   * @param next milliseconds since the epoch; it may stand still, and never goes back
   * @param wallClock the same, but it goes on and may be set
   */
  constructor(next: Clock = now, wallClock: Clock = wall) {
    this.next = next;
    this.#wall = wallClock;
    this.#lead = wallClock() - next();
  }

  /** The present moment. */
  readonly now: Clock = () => {
    const shown = this.next();
    const lead = this.#wall() - shown;
    const gained = lead - this.#lead;
    if (gained < 0) this.#lead = lead;
    if (gained >= NOTICEABLE) {
      this.#lead = lead;
      this.#leaps.push({ shown, total: this.#total + gained });
      if (this.#leaps.length > CAPACITY) this.#leaps.shift();
    }
    return shown + this.#total;
  };

  /**
   * The moment at which the clock of Next.js showed `shown`; never a later one, because what was
   * learnt after a generation began must not count as known to it.
   */
  at(shown: number): number {
    return shown + (this.#leaps.findLast((leap) => leap.shown <= shown)?.total ?? 0);
  }

  /** What the clock of Next.js must have shown at `moment`, for it to find its age right now. */
  shown(moment: number): number {
    return moment - this.#total;
  }

  get #total(): number {
    return this.#leaps.at(-1)?.total ?? 0;
  }
}
