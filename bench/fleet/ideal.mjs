/**
 * One read of an item: when it was asked for, in ms.
 *
 * @typedef {{ id: string, asked: number }} Read
 */

/**
 * How many generations a cache needs that all instances share, that is never asked twice for the same
 * thing, and that serves nothing older than what was edited: one for the first read of an item, one for
 * the first after each edit, and one for the first after each time its life ended.
 *
 * @param {Read[]} reads in the order in which they were asked
 * @param {{ id: string, at: number }[]} edits in their order
 * @param {number} life milliseconds after which an item is generated again
 */
export function idealGenerations(reads, edits, life) {
  const began = new Map();
  const edited = new Map();
  let next = 0;
  let count = 0;
  for (const { id, asked } of reads) {
    for (; next < edits.length && edits[next].at <= asked; next++) {
      edited.set(edits[next].id, edits[next].at);
    }
    const last = began.get(id);
    const fresh = last !== undefined && asked - last <= life && !(edited.get(id) > last);
    if (fresh) continue;
    began.set(id, asked);
    count++;
  }
  return count;
}
