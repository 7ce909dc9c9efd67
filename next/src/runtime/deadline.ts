import { later } from './turn.js';

/**
 * A moment after which something is not waited for any more. It must be ended, or its timer holds
 * what it would call until it passes.
 */
export class Deadline {
  readonly #timer: NodeJS.Timeout;
  #missed: Error | undefined;
  #giveUp: ((why: Error) => void) | undefined;

  /**
   * A deadline that does not keep the process alive.
   *
   * @param milliseconds from now
   * @param why what is to be said once it has passed
   */
  constructor(milliseconds: number, why: string) {
    this.#timer = later(milliseconds, () => {
      this.#missed = new Error(why);
      this.#giveUp?.(this.#missed);
    });
  }

  /**
   * Has `giveUp` called when it passes, at once if it has, in place of what was to be called
   * before.
   */
  whenMissed(giveUp: (why: Error) => void): void {
    this.#giveUp = giveUp;
    if (this.#missed) giveUp(this.#missed);
  }

  /** What `promise` resolves to, in time. @throws Error when the deadline passes first */
  met<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.whenMissed(reject);
      promise.then(resolve, reject);
    });
  }

  /** @throws Error when it has passed */
  check(): void {
    if (this.#missed) throw this.#missed;
  }

  /** Ends it: it never passes from now on. */
  end(): void {
    clearTimeout(this.#timer);
  }
}
