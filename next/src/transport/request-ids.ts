/** The largest request id: it travels as a u32, and 0 is no request's. */
const LAST_ID = 0xffff_ffff;

/**
 * The numbers of the requests of a process: each one larger than the one before, 1 after the
 * largest.
 */
export class RequestIds {
  readonly #isInUse: (id: number) => boolean;
  #last = 0;
  /** Whether all numbers have been used, so that the next one may be in use still. */
  #round = false;

  /** @param isInUse whether a request of this number is unanswered, on any connection */
  constructor(isInUse: (id: number) => boolean) {
    this.#isInUse = isInUse;
  }

  /** A number no unanswered request has. */
  next(): number {
    do {
      if (this.#last === LAST_ID) {
        this.#round = true;
        this.#last = 0;
      }
      this.#last++;
    } while (this.#round && this.#isInUse(this.#last));
    return this.#last;
  }
}
