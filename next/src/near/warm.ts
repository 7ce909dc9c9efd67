import type { Key } from '../entry/key.js';
import type { Copy } from './near-cache.js';

/** Keys asked for at once: few enough for a page's lookups not to queue behind their entries. */
const AT_ONCE = 16;

/** Bytes of values asked for at once, unless one alone has more. */
const BYTES_AT_ONCE = 1 << 20;

/** Keys the server is asked to name. */
const KEYS = 1024;

/** A key in use, and the bytes of its value. */
export interface Hot {
  readonly key: Key;
  /** Bytes. */
  readonly size: number;
}

/** Where the entries come from. Neither of its promises rejects. */
export interface Source {
  /** The keys read most, hottest first; none when that is not known now. */
  hottest(count: number): Promise<readonly Hot[]>;
  /**
   * The entry of a key if it is fresh, asked for without any intention to generate. Undefined where
   * it is not, and where nothing was answered.
   */
  peek(key: Key): Promise<Copy | undefined>;
}

/**
 * Hands what the fleet reads most to `keep`, up to `budget` bytes, a little at a time. At most 16
 * lookups and about 1 MiB are under way at once, so that a page's lookups do not wait behind them.
 *
 * @param budget bytes of values, of what the server says they have
 * @returns how many entries that were
 */
export async function warm(
  source: Source,
  budget: number,
  keep: (copy: Copy) => void,
): Promise<number> {
  let left = budget;
  let kept = 0;
  let batch: Key[] = [];
  let bytes = 0;
  const load = async (): Promise<void> => {
    const copies = await Promise.all(batch.map((key) => source.peek(key)));
    batch = [];
    bytes = 0;
    for (const copy of copies) {
      if (!copy) continue;
      keep(copy);
      kept++;
    }
  };
  for (const { key, size } of await source.hottest(KEYS)) {
    if (size > left) continue;
    left -= size;
    if (batch.length === AT_ONCE || (batch.length > 0 && bytes + size > BYTES_AT_ONCE))
      await load();
    batch.push(key);
    bytes += size;
  }
  await load();
  return kept;
}
