import type { AsOf, Content, Entry, Invalidation, Life } from './frame.js';
import { LIMITS } from './limits.js';

const FOREVER = 0xffff_ffff_ffff_ffffn;

/** Bytes that are no frame of the protocol. */
export class MalformedFrame extends Error {
  override readonly name = 'MalformedFrame';
}

/** A cursor over one payload that decodes the types of the protocol, or throws `MalformedFrame`. */
export class Reader {
  readonly #buffer: Buffer;
  #at: number;
  readonly #end: number;

  constructor(buffer: Buffer, start: number, end: number) {
    this.#buffer = buffer;
    this.#at = start;
    this.#end = end;
  }

  u8(): number {
    return this.#buffer.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.#buffer.readUInt16BE(this.#take(2));
  }

  u32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  u64(): bigint {
    return this.#buffer.readBigUInt64BE(this.#take(8));
  }

  flag(): boolean {
    const value = this.u8();
    if (value > 1) throw new MalformedFrame(`a flag is 0 or 1, not ${value}`);
    return value === 1;
  }

  /** The name at the place told by a number of `bytes` bytes, counting from `first`. */
  name<N extends string>(names: readonly N[], code: number, first: number): N {
    const name = names[code - first];
    if (name === undefined) throw new MalformedFrame(`${code} is none of ${names.join(', ')}`);
    return name;
  }

  text(): string {
    return this.#utf8(this.u16());
  }

  key(): Uint8Array {
    const size = this.u16();
    if (size < 1 || size > LIMITS.key) throw new MalformedFrame(`a key of ${size} bytes`);
    return this.#slice(size);
  }

  tags(): string[] {
    const count = this.u16();
    if (count > LIMITS.tags) throw new MalformedFrame(`${count} tags`);
    const tags: string[] = [];
    for (let n = 0; n < count; n++) {
      const size = this.u16();
      if (size < 1 || size > LIMITS.tag) throw new MalformedFrame(`a tag of ${size} bytes`);
      tags.push(this.#utf8(size));
    }
    return tags;
  }

  life(): Life {
    return { stale: this.u32(), revalidate: this.u32(), expire: this.u32() };
  }

  duration(): number {
    const value = this.u64();
    return value === FOREVER ? Infinity : Number(value);
  }

  asof(): AsOf {
    return { identity: this.u64(), revision: this.u64() };
  }

  content(): Content {
    return {
      tags: this.tags(),
      life: this.life(),
      age: Number(this.u64()),
      checksum: this.u32(),
      value: this.#slice(this.u32()),
    };
  }

  entry(): Entry {
    return { revision: this.u64(), content: this.content() };
  }

  invalidation(): Invalidation {
    return { revision: this.u64(), expiresIn: this.duration(), tags: this.tags() };
  }

  /** Ends the reading: bytes left over are a fault. */
  end(): void {
    if (this.#at !== this.#end) throw new MalformedFrame(`${this.#end - this.#at} bytes too many`);
  }

  #utf8(size: number): string {
    const at = this.#take(size);
    return this.#buffer.toString('utf8', at, at + size);
  }

  #slice(size: number): Uint8Array {
    const at = this.#take(size);
    return this.#buffer.subarray(at, at + size);
  }

  #take(size: number): number {
    const at = this.#at;
    if (at + size > this.#end) throw new MalformedFrame(`${at + size - this.#end} bytes missing`);
    this.#at = at + size;
    return at;
  }
}
