import { Registry } from '../runtime/registry.js';
import { LIMITS } from '../wire/limits.js';
import type { PathReads } from '../wire/frame.js';

/** Paths counted at a time. */
const COUNTED = 1024;

/** A path and how often it was counted. */
interface Counted {
  readonly path: string;
  count: number;
}

/**
 * The paths this process is asked for most, of more than are counted at a time: where one more
 * finds no room, every count is lowered by one, and those that come to nothing make room (Misra and
 * Gries). A count is too low by at most a thousandth of all reads, and what is read more often than
 * that is there.
 */
export class HotPaths {
  readonly #counts = new Registry<string, Counted>();

  /** Counts a read of `path`. */
  add(path: string): void {
    const counted = this.#counts.get(path);
    if (counted) counted.count++;
    else if (this.#counts.size < COUNTED) this.#counts.add(path, { path, count: 1 });
    else this.#lower();
  }

  /** Those that were read most since this was asked before, the most first; counting begins anew. */
  take(): PathReads[] {
    return this.#counts
      .takeAll()
      .sort((one, other) => other.count - one.count)
      .slice(0, LIMITS.paths);
  }

  #lower(): void {
    for (const [path, counted] of this.#counts.all()) {
      if (--counted.count === 0) this.#counts.take(path);
    }
  }
}
