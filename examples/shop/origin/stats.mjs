/** Counts what the origin was asked: reads by name, writes as one number. */
export class Stats {
  #queries = new Map();
  #total = 0;
  #writes = 0;

  /** Counts one read. */
  read(name) {
    this.#total += 1;
    this.#queries.set(name, (this.#queries.get(name) ?? 0) + 1);
  }

  /** Counts one write. */
  write() {
    this.#writes += 1;
  }

  /** Forgets everything. */
  reset() {
    this.#queries.clear();
    this.#total = 0;
    this.#writes = 0;
  }

  toJSON() {
    return { total: this.#total, writes: this.#writes, queries: Object.fromEntries(this.#queries) };
  }
}
