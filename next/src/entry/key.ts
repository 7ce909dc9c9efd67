import * as crypto from 'node:crypto';

/**
 * A cache key as Larder knows it. Two keys are the same where their `id` is; the objects may
 * differ.
 */
export interface Key {
  /** The 32 bytes that travel. */
  readonly bytes: Uint8Array;
  /** The same in hexadecimal, for maps and logs. */
  readonly id: string;
}

/** Keys remembered, and code units of those that are, at most. */
const REMEMBERED = 1024;
const LONGEST = 512;

const remembered = new Map<string, Key>();

/**
 * The Larder key of a Next.js cache key: SHA-256 over its UTF-16 code units, little-endian.
 *
 * Next.js keys hold lone surrogates and NULs, which UTF-8 cannot tell apart, and plaintext
 * arguments, which no other process should see.
 *
 * It is the same in every process and version: what is stored depends on it. Up to a thousand are
 * remembered.
 */
export function keyOf(cacheKey: string): Key {
  let key = remembered.get(cacheKey);
  if (key) return key;
  key = keyFrom(sha256(Buffer.from(cacheKey, 'utf16le')));
  if (cacheKey.length > LONGEST) return key;
  // Whoever is read often is soon back.
  if (remembered.size >= REMEMBERED) remembered.clear();
  remembered.set(cacheKey, key);
  return key;
}

/**
 * The key that travels as `bytes`.
 *
 * @param bytes 32 of them, kept as they are
 */
export function keyFrom(bytes: Uint8Array): Key {
  return { bytes, id: Buffer.from(bytes).toString('hex') };
}

/** SHA-256: in one call where Node.js has that (20.12, 21.7), which costs less than half. */
const sha256: (bytes: Uint8Array) => Uint8Array =
  (crypto as { hash?: Hash }).hash === undefined
    ? (bytes) => crypto.createHash('sha256').update(bytes).digest()
    : (bytes) => (crypto as { hash: Hash }).hash('sha256', bytes, 'buffer');

type Hash = (algorithm: string, bytes: Uint8Array, encoding: 'buffer') => Buffer;
