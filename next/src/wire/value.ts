import { crc32 } from './crc32.js';
import { LIMITS } from './limits.js';

/**
 * The bytes of a value, in pieces. A large one is never in one piece that somebody had to join: it
 * stays in those it was generated, or received, in.
 *
 * Nobody writes into the pieces: they are views of what came over the network, and are shared by
 * all who read.
 */
export type Value = readonly Uint8Array[];

/** The number of bytes. */
export function sizeOf(value: Value): number {
  let size = 0;
  for (const piece of value) size += piece.length;
  return size;
}

/** The CRC-32 of all bytes. It does not depend on how the bytes are cut. That of no bytes is 0. */
export function checksumOf(value: Value): number {
  let checksum = 0;
  for (const piece of value) checksum = crc32(piece, checksum);
  return checksum;
}

/**
 * All bytes in one piece: a copy, if there are several. Of one piece it is the piece itself, not a
 * copy.
 */
export function whole(value: Value): Uint8Array {
  return value.length === 1 ? value[0]! : Buffer.concat(value);
}

/** Views of the same bytes, none of them longer than a fragment. */
export function slices(value: Value): Uint8Array[] {
  const sliced: Uint8Array[] = [];
  for (const piece of value) {
    for (let at = 0; at < piece.length; at += LIMITS.fragment) {
      sliced.push(piece.subarray(at, at + LIMITS.fragment));
    }
  }
  return sliced;
}
