/**
 * Things by their number, which come and go all the time, least number first.
 *
 * Not a `Map`: V8 links each table that a `Map` or a `Set` has outgrown to the one that took its place.
 * Once such a table is old, everything that passes through those after it outlives each collection of
 * young objects, although nobody refers to it any more (docs/decisions/0022).
 */
export class Numbered<T> {
  #things: Record<number, T> = {};
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Whether there is one of this number. */
  has(number: number): boolean {
    return this.#things[number] !== undefined;
  }

  /** Adds one, in place of another of the same number. */
  add(number: number, thing: T): void {
    if (!this.has(number)) this.#size++;
    this.#things[number] = thing;
  }

  /** Takes the one of this number out, and returns it. */
  take(number: number): T | undefined {
    const thing = this.#things[number];
    if (thing === undefined) return undefined;
    delete this.#things[number];
    this.#size--;
    return thing;
  }

  /** All of them, with their numbers, as they are now. */
  all(): [number, T][] {
    return Object.entries(this.#things).map(([number, thing]) => [Number(number), thing]);
  }

  /** Takes all of them out, and returns them. */
  takeAll(): T[] {
    const all = Object.values(this.#things);
    this.#things = {};
    this.#size = 0;
    return all;
  }
}
