import * as zlib from 'node:zlib';

/**
 * The CRC-32 (the polynomial of zlib and PNG) of `bytes` after others, whose CRC-32 is `before`, as
 * an unsigned 32-bit number.
 */
export type Crc32 = (bytes: Uint8Array, before?: number) => number;

/**
 * A CRC-32 in plain JavaScript, for a Node.js whose zlib has none. Slicing by four: four bytes a
 * turn, with a table for each place (Kounavis and Berry, 2005).
 */
export const crc32ByTable: Crc32 = (bytes, before = 0) => {
  const table = tables();
  let crc = ~before;
  let at = 0;
  for (const end = bytes.length - 3; at < end; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      table[768 + (crc & 0xff)]! ^
      table[512 + ((crc >>> 8) & 0xff)]! ^
      table[256 + ((crc >>> 16) & 0xff)]! ^
      table[crc >>> 24]!;
  }
  for (; at < bytes.length; at++) {
    crc = (crc >>> 8) ^ table[(crc ^ bytes[at]!) & 0xff]!;
  }
  return ~crc >>> 0;
};

/** The CRC-32 of this process: zlib's own where Node.js has it (20.15, 22.2), else the table. */
export const crc32: Crc32 = (zlib as { crc32?: Crc32 }).crc32 ?? crc32ByTable;

/** Made with the first use: most Node.js versions need none. */
let shared: Uint32Array | undefined;

/** Four tables of 256, so that the loop takes four bytes a turn. */
function tables(): Uint32Array {
  if (shared) return shared;
  const table = new Uint32Array(1024);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    table[n] = c >>> 0;
  }
  for (let n = 0; n < 256; n++) {
    let c = table[n]!;
    for (let row = 1; row < 4; row++) {
      c = table[c & 0xff]! ^ (c >>> 8);
      table[row * 256 + n] = c >>> 0;
    }
  }
  return (shared = table);
}
