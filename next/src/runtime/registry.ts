/**
 * Things by what names them, which come and go all the time.
 *
 * Not a `Map`: V8 links each table that a `Map` or a `Set` has outgrown to the one that took its
 * place. Once such a table is old, everything that passes through those after it outlives each
 * collection of young objects, although nobody refers to it any more (docs/decisions/0022).
 */
export class Registry<N extends number | string, T> {
  #things = empty<T>();
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** The one of this name. Undefined where there is none. */
  get(name: N): T | undefined {
    return this.#things[name];
  }

  /** Whether there is one of this name. */
  has(name: N): boolean {
    return this.#things[name] !== undefined;
  }

  /** Adds one, in place of another of the same name. */
  add(name: N, thing: T): void {
    if (!this.has(name)) this.#size++;
    this.#things[name] = thing;
  }

  /** Takes the one of this name out, and returns it. */
  take(name: N): T | undefined {
    const thing = this.#things[name];
    if (thing === undefined) return undefined;
    delete this.#things[name];
    this.#size--;
    return thing;
  }

  /**
   * All of them, as they are now, with their names as text. The list is the caller's: things may be
   * added and taken while it is walked through.
   */
  all(): [string, T][] {
    return Object.entries(this.#things);
  }

  /** Takes all of them out, and returns them. */
  takeAll(): T[] {
    const all = Object.values(this.#things);
    this.#things = empty();
    this.#size = 0;
    return all;
  }
}

function empty<T>(): Record<PropertyKey, T> {
  return Object.create(null) as Record<PropertyKey, T>;
}
