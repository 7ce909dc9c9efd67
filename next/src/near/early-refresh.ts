import type { Key } from '../entry/key.js';
import { crc32 } from '../wire/crc32.js';
import { NEVER, type Life } from '../wire/frame.js';

/** How long before `revalidate` an entry is regenerated at the most, in milliseconds. */
export const EARLIEST = 60_000;

/** As many numbers a CRC can be. */
const CRCS = 2 ** 32;

/**
 * Whether an entry that is fresh may be regenerated already: whether its age has reached a moment in
 * the last part of its `revalidate`, which is drawn from its key. The server says who does it; a
 * process that keeps a copy asks because of this.
 *
 * The server computes the same: see `EarlyRefresh` there.
 *
 * @param share how large a part of `revalidate` the moment is in, from 0 to 0.5; 0 is never
 * @param age in milliseconds
 */
export function isDue(share: number, key: Key, { revalidate }: Life, age: number): boolean {
  if (revalidate >= NEVER) return false;
  const length = revalidate * 1000;
  const window = Math.min(share * length, EARLIEST);
  // The key is looked at only where that decides.
  if (window <= 0 || age < length - window) return false;
  return age >= length - window * (1 - crc32(key.bytes) / CRCS);
}
