import type { Clock } from '../runtime/clock.js';

/**
 * How current what this process knows must be for those who read. It follows from the settings and
 * does not change.
 */
export interface Demand {
  /**
   * Milliseconds for which one refresh counts; 0 is strict: every request has one that was sent
   * after it began.
   */
  readonly staleness: number;
  /**
   * Whether the server can be expected to push what happens. It can where a connection is kept and
   * is usable.
   */
  readonly attended: () => boolean;
}

/**
 * A request that reads the cache, or a read that belongs to none. All reads of a request share it,
 * and so one refresh.
 */
export interface Reading {
  /** What is known must be as of this moment, or a later one. On this process' clock. */
  readonly since: number;
  /**
   * Makes it so; false when the server was not reached. Called again it is the same refresh. Never
   * rejects.
   */
  refreshed(): Promise<boolean>;
}

/*
 * When may a copy in this process be served without asking the server for it?
 *
 * When everything is known here that happened until a moment the reader can live with. Such a
 * moment is proven by one thing only: a REFRESH that was sent at or after it, and answered. Pushes
 * make this process learn of an invalidation early; they prove nothing about what was not pushed.
 * Nor does an entry that looks younger than the reader's request: it may have travelled for long, and
 * what is generated now may be made from copies that are as current as an earlier request.
 *
 * Strict readers want the moment at which their request began, so every request sends a REFRESH, or
 * shares one that has not been sent yet. Otherwise one REFRESH counts for as long as the staleness
 * allowed, and the next is sent when half of that has passed.
 */

/**
 * Knows how current the near cache is, and makes it so. All moments are on this process' clock.
 * What a moment is good for is proven by asking, and never by an answer that was read.
 */
export class Coherence {
  readonly #demand: Demand;
  readonly #refresh: () => Promise<boolean>;
  readonly #clock: Clock;
  #asOf = -Infinity;
  #notBefore = -Infinity;
  #unsent: Promise<boolean> | undefined;
  #underWay: Promise<boolean> | undefined;
  #latest = -Infinity;

  /** @param refresh sends a REFRESH in this turn of the event loop; whether it was answered */
  constructor(demand: Demand, refresh: () => Promise<boolean>, clock: Clock) {
    this.#demand = demand;
    this.#refresh = refresh;
    this.#clock = clock;
  }

  /**
   * The moment up to which everything that happened is known here. `-Infinity` before anything is.
   */
  get asOf(): number {
    return this.#asOf;
  }

  /**
   * Begins a request, or a read that belongs to none. With `ahead` a strict request sends its
   * refresh at once; any other only when what is known is too old for it, or is half as old.
   *
   * @param ahead whether to refresh, where that is needed, before a read asks for it
   */
  begin(ahead: boolean): Reading {
    const moment = this.#clock();
    const { staleness, attended } = this.#demand;
    const since = moment - staleness;
    let refreshed: Promise<boolean> | undefined;
    const reading = { since, refreshed: () => (refreshed ??= this.refresh()) };
    if (ahead) {
      if (staleness === 0 || !this.isCurrent(since) || !attended()) void reading.refreshed();
      else if (this.#latest < moment - staleness / 2) void this.refresh();
    }
    return reading;
  }

  /**
   * Whether everything is known that happened until `since`. False after a gap until a refresh was
   * asked for and answered.
   */
  isCurrent(since: number): boolean {
    return this.#asOf >= Math.max(since, this.#notBefore);
  }

  /**
   * Begins a refresh, or joins the one of this turn that has not been sent; whether it succeeds.
   * Never rejects.
   */
  refresh(): Promise<boolean> {
    if (this.#unsent) return this.#unsent;
    const sent = this.#clock();
    this.#latest = sent;
    const ended = (answered: boolean): boolean => {
      if (this.#underWay === refreshed) this.#underWay = undefined;
      if (answered && sent > this.#asOf) this.#asOf = sent;
      return answered;
    };
    const refreshed: Promise<boolean> = this.#refresh().then(ended, () => ended(false));
    this.#unsent = refreshed;
    this.#underWay = refreshed;
    queueMicrotask(() => process.nextTick(() => (this.#unsent = undefined)));
    return refreshed;
  }

  /** Begins a refresh, or joins the latest under way, as the server has just been reached. */
  catchUp(): Promise<boolean> {
    return this.#underWay ?? this.refresh();
  }

  /** Something was missed: what is known counts for nothing until a refresh sent from now on. */
  distrust(): void {
    this.#notBefore = this.#clock();
  }
}
