import type { Key } from '../key.js';
import type { Stored } from '../stored.js';
import type { AsOf } from '../wire/frame.js';
import { sizeOf } from '../wire/value.js';

/** Bytes a copy costs beside its value and its tags, roughly. */
const OVERHEAD = 512;

/** The share of the whole budget above which one copy is not kept. */
const LARGEST_SHARE = 1 / 4;

/** An entry in this process' memory. */
export interface Copy extends Stored {
  readonly key: Key;
  /** The point in history it was generated as of. */
  readonly asof: AsOf;
  /** The revision at which it was what the server had under its key; not before its stamp. */
  readonly seen: bigint;
}

/** Entries as bytes, the least recently used going first when they exceed the budget. */
export class NearCache {
  readonly #budget: number;
  /** Ordered by use, the latest last. */
  readonly #copies = new Map<string, Copy>();
  #bytes = 0;

  /** @param budget in bytes; 0 keeps nothing */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Entries held. */
  get size(): number {
    return this.#copies.size;
  }

  /** The copy of `key`, which counts as a use. */
  get(key: Key): Copy | undefined {
    const copy = this.#copies.get(key.id);
    if (!copy) return undefined;
    this.#copies.delete(key.id);
    this.#copies.set(key.id, copy);
    return copy;
  }

  /** Keeps a copy unless it is too large, or older than the one kept already. */
  keep(copy: Copy): void {
    const before = this.#copies.get(copy.key.id);
    if (before && isNewer(before, copy)) return;
    this.drop(copy.key);
    const weight = weightOf(copy);
    if (weight > this.#budget * LARGEST_SHARE) return;
    this.#copies.set(copy.key.id, { ...copy, value: copy.value.map(compact) });
    this.#bytes += weight;
    for (const oldest of this.#copies.values()) {
      if (this.#bytes <= this.#budget) break;
      this.drop(oldest.key);
    }
  }

  /** Lets go of the copy of `key`. */
  drop(key: Key): void {
    const copy = this.#copies.get(key.id);
    if (!copy) return;
    this.#copies.delete(key.id);
    this.#bytes -= weightOf(copy);
  }

  /** Lets go of everything. */
  clear(): void {
    this.#copies.clear();
    this.#bytes = 0;
  }
}

function isNewer(one: Copy, other: Copy): boolean {
  if (one.asof.identity !== other.asof.identity) return false;
  if (one.asof.revision !== other.asof.revision) return one.asof.revision > other.asof.revision;
  return one.generatedAt > other.generatedAt;
}

function weightOf({ value, tags }: Copy): number {
  return sizeOf(value) + tags.reduce((sum, tag) => sum + 2 * tag.length, OVERHEAD);
}

/** The bytes without what is beside them in a shared buffer, which they would keep alive. */
function compact(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > bytes.length + OVERHEAD ? new Uint8Array(bytes) : bytes;
}
