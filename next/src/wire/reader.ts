import type { AsOf, Content, Entry, Invalidation, Life } from './frame.js';
import { LIMITS } from './limits.js';
import { sizeOf, type Value } from './value.js';

/** How *never* is written as a duration. */
const FOREVER = 0xffff_ffff_ffff_ffffn;

/**
 * Bytes that are no frame of the protocol. Its message says what was found, without the name of who
 * sent it.
 */
export class MalformedFrame extends Error {
  override readonly name = 'MalformedFrame';
}

const NOTHING: Buffer = Buffer.alloc(0);

/** Bytes a frame has at least: its length, its operation and its request id. */
const HEADER = 9;

/**
 * A cursor over the frames of one message that decodes the types of the protocol, or throws
 * `MalformedFrame`.
 *
 * Each method that reads a type takes its bytes from the frame that was begun; one that ends too
 * early, and a value that is none of its type, is a `MalformedFrame`. What is returned as bytes is
 * a view of the message, which must not be written into.
 */
export class Reader {
  /** The parts to come. */
  readonly #parts: Buffer[];
  /** The part that is read. */
  #part = NOTHING;
  #at = 0;
  /** Bytes left of the message. */
  #unread: number;
  /** Bytes left of the frame. */
  #left = 0;

  /** @param message in the parts it came in */
  constructor(message: readonly Buffer[]) {
    this.#parts = [...message];
    this.#unread = sizeOf(message);
    this.#advance();
  }

  /** Whether there is another frame. */
  get more(): boolean {
    return this.#unread > 0;
  }

  /**
   * Begins the next frame, and returns the code of its operation. Its length is checked against
   * what is left of the message, so no later read goes beyond it.
   */
  begin(): number {
    if (this.#unread < HEADER) throw new MalformedFrame('a message ends within a frame');
    this.#left = 4;
    const length = this.u32();
    if (length < HEADER - 4 || length > this.#unread) {
      throw new MalformedFrame(`a frame of ${length} bytes`);
    }
    this.#left = length;
    return this.u8();
  }

  /** Ends the frame: bytes left over are a fault. */
  end(): void {
    if (this.#left > 0) throw new MalformedFrame(`${this.#left} bytes too many`);
  }

  u8(): number {
    const at = this.#take(1);
    return this.#part.readUInt8(at);
  }

  u16(): number {
    const at = this.#take(2);
    return this.#part.readUInt16BE(at);
  }

  u32(): number {
    const at = this.#take(4);
    return this.#part.readUInt32BE(at);
  }

  u64(): bigint {
    const at = this.#take(8);
    return this.#part.readBigUInt64BE(at);
  }

  flag(): boolean {
    const value = this.u8();
    if (value > 1) throw new MalformedFrame(`a flag is 0 or 1, not ${value}`);
    return value === 1;
  }

  /**
   * The name a code stands for: that of the list at `code - first`.
   *
   * @param first the code of the first name
   */
  name<N extends string>(names: readonly N[], code: number, first: number): N {
    const name = names[code - first];
    if (name === undefined) throw new MalformedFrame(`${code} is none of ${names.join(', ')}`);
    return name;
  }

  /** UTF-8 after a u16 byte count. Bytes that are no UTF-8 become U+FFFD. */
  text(): string {
    return this.#utf8(this.u16());
  }

  /** A view of 1 to `LIMITS.key` bytes. */
  key(): Uint8Array {
    const size = this.u16();
    if (size < 1 || size > LIMITS.key) throw new MalformedFrame(`a key of ${size} bytes`);
    return this.#slice(size);
  }

  /**
   * Tags after their count, each of 1 to `LIMITS.tag` bytes.
   *
   * @param most how many there may be
   */
  tags(most: number = LIMITS.tags): string[] {
    const count = this.u16();
    if (count > most) throw new MalformedFrame(`${count} tags`);
    const tags: string[] = [];
    for (let n = 0; n < count; n++) {
      const size = this.u16();
      if (size < 1 || size > LIMITS.tag) throw new MalformedFrame(`a tag of ${size} bytes`);
      tags.push(this.#utf8(size));
    }
    return tags;
  }

  /** Three u32 of seconds. */
  life(): Life {
    return { stale: this.u32(), revalidate: this.u32(), expire: this.u32() };
  }

  /**
   * Milliseconds; `Infinity` is *never*. Beyond 2^53 they lose precision, which is no moment
   * anybody sees.
   */
  duration(): number {
    const value = this.u64();
    return value === FOREVER ? Infinity : Number(value);
  }

  asof(): AsOf {
    return { identity: this.u64(), revision: this.u64() };
  }

  /** The checksum is only read: whoever keeps the value compares it (`verified`). */
  content(): Content {
    return {
      tags: this.tags(LIMITS.entryTags),
      life: this.life(),
      age: Number(this.u64()),
      checksum: this.u32(),
      value: this.#value(this.u32()),
    };
  }

  entry(): Entry {
    return { revision: this.u64(), content: this.content() };
  }

  invalidation(): Invalidation {
    return { revision: this.u64(), expiresIn: this.duration(), tags: this.tags() };
  }

  /** A small value in one piece, a large one in as many as it came in. */
  #value(size: number): Value {
    if (size <= LIMITS.fragment) return [this.#slice(size)];
    if (size > this.#left) throw new MalformedFrame(`${size - this.#left} bytes missing`);
    const value: Uint8Array[] = [];
    for (let missing = size; missing > 0; missing -= value.at(-1)!.length) {
      this.#advance();
      value.push(this.#slice(Math.min(missing, this.#part.length - this.#at)));
    }
    return value;
  }

  /** A string of so many bytes. */
  #utf8(size: number): string {
    const at = this.#take(size);
    return this.#part.toString('utf8', at, at + size);
  }

  /** A view of so many bytes. */
  #slice(size: number): Uint8Array {
    const at = this.#take(size);
    return this.#part.subarray(at, at + size);
  }

  /** Takes the next bytes; returns where they begin in the part that is read then. */
  #take(size: number): number {
    if (size > this.#left) throw new MalformedFrame(`${size - this.#left} bytes missing`);
    this.#left -= size;
    this.#unread -= size;
    if (this.#at + size > this.#part.length) this.#reach(size);
    const at = this.#at;
    this.#at = at + size;
    return at;
  }

  /** Makes the next bytes be in one part, if need be in one that is made of several. */
  #reach(size: number): void {
    this.#advance();
    let missing = this.#at + size - this.#part.length;
    if (missing <= 0) return;
    const across: Buffer[] = [this.#part.subarray(this.#at)];
    while (missing > 0) {
      const next = this.#parts.shift()!;
      across.push(next.subarray(0, missing));
      if (next.length > missing) this.#parts.unshift(next.subarray(missing));
      missing -= next.length;
    }
    this.#part = Buffer.concat(across);
    this.#at = 0;
  }

  /** Goes on to the next part where one is read to its end. */
  #advance(): void {
    while (this.#at === this.#part.length && this.#parts.length > 0) {
      this.#part = this.#parts.shift()!;
      this.#at = 0;
    }
  }
}
