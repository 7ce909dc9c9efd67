import type { AsOf, Content, Entry, Invalidation, Life } from './frame.js';
import { LIMITS } from './limits.js';
import { sizeOf, type Value } from './value.js';

const FIRST_CAPACITY = 4096;
const NOTHING = Buffer.alloc(0);

/** How *never* is written as a duration. */
const FOREVER = 0xffff_ffff_ffff_ffffn;

/** A value that is not copied. */
interface Apart {
  readonly value: Value;
  /** How many bytes of the buffer come before it. */
  readonly after: number;
  /** What `length` was once it was written. */
  readonly end: number;
}

/**
 * A growing buffer that encodes the types of the protocol, all integers big-endian. Large values
 * are not copied into it, but stand between parts of it: who wrote one must not change it until it
 * is sent.
 *
 * A value that does not fit its type is a `RangeError`. What was written of its frame before stays:
 * `truncate` takes it away.
 */
export class Writer {
  #buffer: Buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  /** Bytes that what is written next will probably have. */
  #usual = FIRST_CAPACITY;
  /** Bytes of the buffer. */
  #length = 0;
  #apart: Apart[] = [];
  /** Bytes of what stands apart. */
  #besides = 0;

  /** The bytes written so far. */
  get length(): number {
    return this.#length + this.#besides;
  }

  /**
   * Forgets everything written after `length` was `mark`. `mark` was `length` at a border between
   * frames.
   */
  truncate(mark: number): void {
    this.#length = this.#placeOf(mark);
    this.#apart = this.#apart.filter(({ end }) => end <= mark);
    this.#besides = mark - this.#length;
  }

  /**
   * Hands out what was written, in pieces, and begins again with an empty buffer. The pieces are
   * the caller's: what is written next goes into another buffer, which begins at the size the last
   * ones had.
   */
  take(): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let from = 0;
    for (const { value, after } of this.#apart) {
      pieces.push(this.#buffer.subarray(from, after), ...value);
      from = after;
    }
    if (from < this.#length) pieces.push(this.#buffer.subarray(from, this.#length));
    this.#usual = Math.max(FIRST_CAPACITY, this.#length, this.#usual >> 1);
    this.#buffer = NOTHING;
    this.#length = 0;
    this.#apart = [];
    this.#besides = 0;
    return pieces;
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#buffer.writeUInt8(value, at);
  }

  u16(value: number): void {
    const at = this.#grow(2);
    this.#buffer.writeUInt16BE(value, at);
  }

  u32(value: number): void {
    const at = this.#grow(4);
    this.#buffer.writeUInt32BE(value, at);
  }

  u64(value: bigint): void {
    const at = this.#grow(8);
    this.#buffer.writeBigUInt64BE(value, at);
  }

  flag(value: boolean): void {
    this.u8(value ? 1 : 0);
  }

  /** UTF-8 after a u16 byte count: at most 65,535 bytes. Half a surrogate pair becomes U+FFFD. */
  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.u16(size);
    this.#utf8(value, size);
  }

  /** 1 to `LIMITS.key` bytes after a u16 count. */
  key(value: Uint8Array): void {
    if (value.length < 1 || value.length > LIMITS.key) {
      throw new RangeError(`a key has 1 to ${LIMITS.key} bytes, not ${value.length}`);
    }
    this.u16(value.length);
    this.#bytes(value);
  }

  /**
   * Their count as a u16, then each as `text` of 1 to `LIMITS.tag` bytes.
   *
   * @param most how many there may be
   */
  tags(values: readonly string[], most: number = LIMITS.tags): void {
    if (values.length > most) {
      throw new RangeError(`there are at most ${most} tags, not ${values.length}`);
    }
    this.u16(values.length);
    for (const tag of values) {
      const size = Buffer.byteLength(tag);
      if (size < 1 || size > LIMITS.tag) {
        throw new RangeError(`a tag has 1 to ${LIMITS.tag} bytes, not ${size}`);
      }
      this.u16(size);
      this.#utf8(tag, size);
    }
  }

  /** Three u32 of seconds. */
  life(value: Life): void {
    this.u32(value.stale);
    this.u32(value.revalidate);
    this.u32(value.expire);
  }

  /** Whole milliseconds; `Infinity` is *never*. */
  duration(value: number): void {
    this.u64(value === Infinity ? FOREVER : BigInt(value));
  }

  asof(value: AsOf): void {
    this.u64(value.identity);
    this.u64(value.revision);
  }

  /** Tags, life, age in milliseconds, checksum, value: as `docs/protocol.md` §2 lists them. */
  content(value: Content): void {
    this.tags(value.tags, LIMITS.entryTags);
    this.life(value.life);
    this.u64(BigInt(value.age));
    this.u32(value.checksum);
    this.#value(value.value);
  }

  entry(value: Entry): void {
    this.u64(value.revision);
    this.content(value.content);
  }

  invalidation(value: Invalidation): void {
    this.u64(value.revision);
    this.duration(value.expiresIn);
    this.tags(value.tags);
  }

  /** Leaves room for a byte count, a u32. */
  begin(): void {
    this.#grow(4);
  }

  /** Writes the byte count of what was written since `begin`, when `length` was `mark`. */
  end(mark: number): void {
    this.#buffer.writeUInt32BE(this.length - mark - 4, this.#placeOf(mark));
  }

  /**
   * A u32 byte count and the bytes: copied into the buffer up to `LIMITS.fragment`, else beside it.
   */
  #value(value: Value): void {
    const size = sizeOf(value);
    this.u32(size);
    if (size <= LIMITS.fragment) {
      for (const piece of value) this.#bytes(piece);
      return;
    }
    this.#besides += size;
    this.#apart.push({ value, after: this.#length, end: this.length });
  }

  /** Where in the buffer those bytes begin before which `length` was `mark`. */
  #placeOf(mark: number): number {
    let place = mark;
    for (const { value, end } of this.#apart) if (end <= mark) place -= sizeOf(value);
    return place;
  }

  #utf8(value: string, size: number): void {
    const at = this.#grow(size);
    this.#buffer.write(value, at, size, 'utf8');
  }

  #bytes(value: Uint8Array): void {
    const at = this.#grow(value.length);
    this.#buffer.set(value, at);
  }

  /** Makes room for `size` bytes, in another buffer if need be, and returns where they begin. */
  #grow(size: number): number {
    const at = this.#length;
    const needed = at + size;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2, this.#usual));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    this.#length = needed;
    return at;
  }
}
