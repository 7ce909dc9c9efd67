import type { Key } from '../entry/key.js';
import { Registry } from '../runtime/registry.js';
import type { Stored } from '../entry/stored.js';
import type { AsOf } from '../wire/frame.js';
import { sizeOf } from '../wire/value.js';

/*
 * What a copy costs beside what it says, measured (test/near/near-cache.test.ts): its objects, its key
 * and its place, the two objects of a typed array, and the object of a string.
 */
const PER_COPY = 800;
const PER_PIECE = 200;
const PER_TAG = 32;

/** What makes a string take two bytes a character. */
const WIDE = /[\u0100-\uffff]/;

/** Bytes beside a piece in its buffer with which it is kept as it is. */
const BESIDE = 512;

/** Milliseconds between two questions whether a copy is to be regenerated. */
const ASKS_EVERY = 1000;

/** The share of the whole budget above which one copy is not kept. */
const LARGEST_SHARE = 1 / 4;

/**
 * An entry in this process' memory. The bytes are shared by all readers and must not be changed.
 */
export interface Copy extends Stored {
  readonly key: Key;
  /**
   * The point in history it was generated as of. `UNKNOWN` where that was before anything was known
   * here.
   */
  readonly asof: AsOf;
  /** The revision at which it was what the server had under its key; not before its stamp. */
  readonly seen: bigint;
  /**
   * A moment of this process' clock: everything is in it that happened before. `-Infinity` for what
   * another process generated, as its age says too little: it was sent twice, and travelled.
   */
  readonly currentAt: number;
}

/** A copy between the one used before it and the one used after it. */
interface Slot {
  readonly copy: Copy;
  readonly weight: number;
  /** When the server was last asked whether it is to be regenerated. */
  asked: number;
  older: Slot | undefined;
  newer: Slot | undefined;
}

/**
 * Entries as bytes, the least recently used going first when they exceed the budget. It judges
 * nothing: what is kept may have expired.
 */
export class NearCache {
  readonly #budget: number;
  readonly #slots = new Registry<string, Slot>();
  /** The least recently used, and the most. */
  #oldest: Slot | undefined;
  #newest: Slot | undefined;
  #bytes = 0;

  /** @param budget in bytes; 0 keeps nothing */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Bytes of memory the copies take, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Entries held. */
  get size(): number {
    return this.#slots.size;
  }

  /**
   * The copy of `key`, which counts as a use. Whether it is current, and fresh, is for the caller
   * to find out.
   */
  get(key: Key): Copy | undefined {
    const slot = this.#slots.get(key.id);
    if (!slot) return undefined;
    if (slot !== this.#newest) {
      this.#unlink(slot);
      this.#link(slot);
    }
    return slot.copy;
  }

  /**
   * Whether it is time to ask the server whether the copy of `key` is to be regenerated: true once a
   * second, as whoever is told so asks.
   *
   * @param moment on this process' clock, in milliseconds
   */
  asks(key: Key, moment: number): boolean {
    const slot = this.#slots.get(key.id);
    if (!slot || moment - slot.asked < ASKS_EVERY) return false;
    slot.asked = moment;
    return true;
  }

  /**
   * Keeps a copy unless it is too large, or older than the one kept already. Too large is more than
   * a quarter of the budget. Large buffers of which it has only a part are copied, so that they are
   * not kept alive.
   */
  keep(copy: Copy): void {
    const before = this.#slots.get(copy.key.id);
    if (before && isNewer(before.copy, copy)) return;
    this.drop(copy.key);
    if (sizeOf(copy.value) > this.#budget * LARGEST_SHARE) return;
    const kept = { ...copy, value: copy.value.map(compact) };
    const weight = weightOf(kept);
    if (weight > this.#budget * LARGEST_SHARE) return;
    const asked = before?.asked ?? -Infinity;
    const slot = { copy: kept, weight, asked, older: undefined, newer: undefined };
    this.#slots.add(copy.key.id, slot);
    this.#link(slot);
    this.#bytes += weight;
    while (this.#bytes > this.#budget) this.drop(this.#oldest!.copy.key);
  }

  /**
   * Lets go of the copy of the key with this id, if it was seen before `revision`.
   *
   * @param revision as of which the server said that another entry, or none, is stored
   */
  replaced(id: string, revision: bigint): void {
    const copy = this.#slots.get(id)?.copy;
    if (copy && copy.seen < revision) this.drop(copy.key);
  }

  /** Lets go of the copy of `key`. */
  drop(key: Key): void {
    const slot = this.#slots.take(key.id);
    if (!slot) return;
    this.#unlink(slot);
    this.#bytes -= slot.weight;
  }

  /** Lets go of everything. */
  clear(): void {
    this.#slots.takeAll();
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#bytes = 0;
  }

  /** Makes a slot the most recently used. */
  #link(slot: Slot): void {
    slot.older = this.#newest;
    if (this.#newest) this.#newest.newer = slot;
    else this.#oldest = slot;
    this.#newest = slot;
  }

  /** Takes a slot from between its neighbours. */
  #unlink(slot: Slot): void {
    if (slot.older) slot.older.newer = slot.newer;
    else this.#oldest = slot.newer;
    if (slot.newer) slot.newer.older = slot.older;
    else this.#newest = slot.older;
    slot.older = undefined;
    slot.newer = undefined;
  }
}

/**
 * Whether one copy is of a later point than another. Those of two histories are not compared: the
 * one that comes later stays.
 */
function isNewer(one: Copy, other: Copy): boolean {
  if (one.asof.identity !== other.asof.identity) return false;
  if (one.asof.revision !== other.asof.revision) return one.asof.revision > other.asof.revision;
  if (one.seen !== other.seen) return one.seen > other.seen;
  return one.generatedAt > other.generatedAt;
}

/** Bytes of memory a copy takes, about. */
function weightOf({ value, tags }: Copy): number {
  let weight = PER_COPY;
  for (const { buffer } of value) weight += PER_PIECE + buffer.byteLength;
  for (const tag of tags) weight += PER_TAG + tag.length * (WIDE.test(tag) ? 2 : 1);
  return weight;
}

/** The bytes without what is beside them in a shared buffer, which they would keep alive. */
function compact(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > bytes.length + BESIDE ? new Uint8Array(bytes) : bytes;
}
