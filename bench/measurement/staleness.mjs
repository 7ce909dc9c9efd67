/**
 * What readers of another instance saw of invalidations.
 *
 * @typedef {{ stale: number, unheeded: number, longest: number, reads: number, wrong: number,
 *   visible: number[] }} Seen `stale` reads began after an acknowledgement and were given what had been
 *   invalidated, after `unheeded` of the invalidations and for at most `longest` milliseconds; `visible` has
 *   for each invalidation the milliseconds from its call to the end of the first read that began after
 *   it and was not given that, ascending
 *
 * @param {{ index: number, began: number, ended: number }[]} invalidations of single entries, when they
 *   were called and when they were acknowledged, in microseconds; in the order of time
 * @param {import('../instance/watch.mjs').Reads} reads
 * @returns {Seen}
 */
export function staleness(invalidations, reads) {
  const byEntry = new Map();
  for (const one of invalidations) {
    if (!byEntry.has(one.index)) byEntry.set(one.index, []);
    byEntry.get(one.index).push(one);
  }
  const pending = new Set(invalidations);
  const unheeded = new Set();
  const seen = { stale: 0, unheeded: 0, longest: 0, reads: 0, wrong: 0, visible: [] };
  for (let i = 0; i < reads.index.length; i++) {
    const [began, ended, born] = [reads.began[i], reads.ended[i], reads.born[i]];
    seen.reads++;
    if (born === -1) {
      seen.wrong++;
      continue;
    }
    const given = born === 0 ? Infinity : born;
    const concerning = byEntry.get(reads.index[i]) ?? [];
    const ignored = concerning.filter((one) => one.ended < began && given < one.began);
    if (ignored.length > 0) seen.stale++;
    for (const one of ignored) {
      unheeded.add(one);
      seen.longest = Math.max(seen.longest, (ended - one.ended) / 1000);
    }
    for (const one of concerning) {
      if (!pending.has(one) || began < one.began || given < one.began) continue;
      pending.delete(one);
      seen.visible.push((ended - one.began) / 1000);
    }
  }
  seen.unheeded = unheeded.size;
  seen.visible.sort((one, other) => one - other);
  return seen;
}
