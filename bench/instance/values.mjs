/*
 * What the entries of the benchmark hold: a header that names the entry and the moment it was
 * generated, and text that compresses as rendered pages do. Both ends make it from the same seed, so
 * that every value that is read can be compared byte by byte.
 */

/** Bytes of a header. */
const HEADER = 96;

/** Bytes of text entries are cut from, at least. */
const TEXT = 2 << 20;

const texts = new Map();

/**
 * The bytes of an entry.
 *
 * @param {string} name of the entry
 * @param {number} size bytes, at least those of a header
 * @param {number} born the moment it was generated, as `moment()` tells it
 */
export function valueOf(name, size, born) {
  const value = Buffer.allocUnsafe(size);
  value.fill(' ', 0, HEADER);
  value.write(`${name}\n${born}\n`, 'latin1');
  bodyOf(name, size).copy(value, HEADER);
  return value;
}

/**
 * When the value that was read was generated; undefined if it is not that of the entry.
 *
 * @param {Uint8Array[]} chunks of the value
 */
export function generatedAt(chunks, name, size) {
  const value = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  if (value.length !== size) return undefined;
  const header = Buffer.from(value.buffer, value.byteOffset, HEADER).latin1Slice();
  const [named, born] = header.split('\n');
  if (named !== name) return undefined;
  const body = value.subarray(HEADER);
  return Buffer.compare(body, bodyOf(name, size)) === 0 ? Number(born) : undefined;
}

/** Microseconds on a clock all processes of this machine share. */
export function moment() {
  return Number(process.hrtime.bigint() / 1000n);
}

function bodyOf(name, size) {
  let length = TEXT;
  while (length < 2 * size) length *= 2;
  if (!texts.has(length)) texts.set(length, written(length));
  const text = texts.get(length);
  let hash = 7;
  for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) >>> 0;
  const begin = hash % (text.length - size);
  return text.subarray(begin, begin + size - HEADER);
}

/** Text as React writes rendered elements, always the same. */
function written(length) {
  const elements = ['div', 'span', 'article', 'li', 'a', 'section'];
  const words = ['price', 'stock', 'title', 'rating', 'image', 'vendor', 'colour', 'delivery'];
  let state = 42;
  const next = (below) => (state = (state * 1664525 + 1013904223) >>> 0) % below;
  const lines = [];
  for (let bytes = 0, i = 0; bytes < length; i++) {
    const props = `"className":"${words[(state >>> 8) % 8]}-${next(97)}","children":"${next(1e9)}"`;
    const line = `${i.toString(16)}:["$","${elements[(state >>> 16) % 6]}","${next(1e6)}",{${props}}]\n`;
    lines.push(line);
    bytes += line.length;
  }
  return Buffer.from(lines.join(''), 'latin1').subarray(0, length);
}
