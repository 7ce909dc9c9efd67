import { randomOf } from './member.js';

/**
 * Reads by the law of Zipf, in an order that is always the same: rank 1 is read `most` times, rank
 * 2 half as often, and so on, each at least once.
 *
 * @param ranks how many there are
 */
export function zipf(ranks: number, most: number): number[] {
  const reads: number[] = [];
  for (let rank = 1; rank <= ranks; rank++) {
    for (let times = Math.max(1, Math.floor(most / rank)); times > 0; times--) reads.push(rank);
  }
  // Fisher and Yates.
  const random = randomOf(7);
  for (let at = reads.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [reads[at], reads[other]] = [reads[other]!, reads[at]!];
  }
  return reads;
}
