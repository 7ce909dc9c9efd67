/**
 * Writes values one after the other into bytes. All integers are big-endian. What it writes is read
 * by `Unpacker`, in the same order; nothing in the bytes says what they are.
 */
export class Packer {
  readonly #parts: Uint8Array[] = [];

  u8(value: number): void {
    this.#parts.push(Uint8Array.of(value));
  }

  /** @throws RangeError when it is no whole number below 2^32 */
  u32(value: number): void {
    const part = Buffer.allocUnsafe(4);
    part.writeUInt32BE(value);
    this.#parts.push(part);
  }

  /** Any number, `Infinity` included. Eight bytes, as IEEE 754 has them. */
  number(value: number): void {
    const part = Buffer.allocUnsafe(8);
    part.writeDoubleBE(value);
    this.#parts.push(part);
  }

  flag(value: boolean): void {
    this.u8(value ? 1 : 0);
  }

  /**
   * Bytes after a u32 count. They are not copied before `take`.
   *
   * @throws TypeError when they are none: Next.js hands in what an app returned
   */
  bytes(value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) throw new TypeError(`${typeof value} is not bytes`);
    this.u32(value.length);
    this.#parts.push(value);
  }

  /** A string of any code units: UTF-8, or UTF-16 when it has lone surrogates. */
  text(value: string): void {
    const encoding = /\p{Surrogate}/u.test(value) ? 'utf16le' : 'utf8';
    this.flag(encoding === 'utf8');
    this.bytes(Buffer.from(value, encoding));
  }

  /**
   * Something of plain data.
   *
   * @throws TypeError when it cannot be written as JSON
   */
  json(value: object): void {
    this.text(JSON.stringify(value));
  }

  /**
   * What `write` writes of `value`, behind a flag that says whether there is one: `null` and
   * undefined are none.
   */
  optional<T>(value: T | undefined | null, write: (value: T) => void): void {
    this.flag(value !== undefined && value !== null);
    if (value !== undefined && value !== null) write(value);
  }

  /** Everything written. A copy. */
  take(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

/**
 * Reads what a `Packer` wrote, in the same order. Throws a `RangeError` where the bytes end too
 * early, and a `SyntaxError` for JSON that is none.
 */
export class Unpacker {
  readonly #bytes: Buffer;
  #at = 0;

  /** @param bytes are not copied, and not to be changed while they are read */
  constructor({ buffer, byteOffset, length }: Uint8Array) {
    this.#bytes = Buffer.from(buffer, byteOffset, length);
  }

  /** Whether everything was read. */
  get ended(): boolean {
    return this.#at === this.#bytes.length;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#skip(1));
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#skip(4));
  }

  number(): number {
    return this.#bytes.readDoubleBE(this.#skip(8));
  }

  flag(): boolean {
    return this.u8() === 1;
  }

  /** A copy, in memory of its own. */
  bytes(): Buffer {
    const { buffer } = new Uint8Array(this.#view());
    return Buffer.from(buffer);
  }

  text(): string {
    const encoding = this.flag() ? 'utf8' : 'utf16le';
    return this.#view().toString(encoding);
  }

  /** Bytes, in base64. */
  base64(): string {
    return this.#view().toString('base64');
  }

  /** What the JSON holds is not checked against `T`. */
  json<T>(): T {
    return JSON.parse(this.text()) as T;
  }

  /** What `read` reads, if the flag before it says that there is something. */
  optional<T>(read: () => T): T | undefined {
    return this.flag() ? read() : undefined;
  }

  #view(): Buffer {
    const size = this.u32();
    const at = this.#skip(size);
    if (this.#at > this.#bytes.length) throw new RangeError('bytes are missing');
    return this.#bytes.subarray(at, at + size);
  }

  #skip(size: number): number {
    const at = this.#at;
    this.#at += size;
    return at;
  }
}
