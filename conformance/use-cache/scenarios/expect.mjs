import { hold } from '../../fleet/finding.mjs';

/** Milliseconds in which requests that were sent have reached the handler. */
export const GATHERED = 400;

/**
 * Finds that a read was not answered from the cache with `value`, as fresh.
 *
 * @param {import('../../fleet/instance.mjs').Seen} seen as `Instance.read` answers it
 * @param {string | Uint8Array | Uint8Array[]} value
 * @param {string} who reads, for the sentence
 * @throws {Finding} that says what was seen instead
 */
export function isHit(seen, value, who = 'B') {
  hold(seen.outcome !== 'generated', `${who} did not find the entry and generated it again`);
  hold(
    same(seen.value, value),
    `${who} was served ${shown(seen.value)} instead of ${shown(value)}`,
  );
  hold(seen.outcome !== 'stale', `${who} was told that the entry is stale, and generated it again`);
}

/**
 * Finds that a read was answered with anything but `value`; whether that was cached or generated is
 * all the same.
 *
 * @param {string | Uint8Array | Uint8Array[]} value
 * @throws {Finding} that says what was seen instead
 */
export function isAnswered(seen, value, who = 'B') {
  const how = { hit: 'as fresh', stale: 'as stale' }[seen.outcome] ?? `(${seen.outcome})`;
  hold(
    same(seen.value, value),
    `${who} was served ${shown(seen.value)} ${how} instead of ${shown(value)}`,
  );
}

/**
 * Finds that a read was not answered with `value` at once, to be generated again behind it.
 *
 * @param {string | Uint8Array | Uint8Array[]} value
 * @throws {Finding} that says what was seen instead
 */
export function isStale(seen, value, who = 'B') {
  hold(seen.outcome !== 'generated', `${who} was not given the stale entry and had to generate`);
  hold(seen.outcome !== 'hit', `${who} was told that the entry is fresh`);
  isAnswered(seen, value, who);
}

/** Whether bytes are those of a value, in however many chunks either is. */
function same(bytes, value) {
  const expected = Array.isArray(value) ? Buffer.concat(value) : Buffer.from(value);
  return Buffer.compare(Buffer.from(bytes ?? []), expected) === 0;
}

/**
 * A value in a sentence: itself where it has 40 bytes or less, else its size.
 *
 * @returns {string}
 */
function shown(value) {
  const bytes = Array.isArray(value) ? Buffer.concat(value) : Buffer.from(value ?? []);
  if (bytes.length === 0) return 'nothing';
  return bytes.length <= 40 ? JSON.stringify(bytes.toString()) : `${bytes.length} bytes`;
}
