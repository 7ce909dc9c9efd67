/**
 * Numbers from 0 to `size - 1`, of which the first is the most frequent: the k-th comes with a
 * probability in proportion to 1/k. The same seed gives the same numbers, so that all who are compared
 * do the same work.
 *
 * @param {number} size
 * @param {number} seed
 * @returns {() => number}
 */
export function zipf(size, seed) {
  const sums = new Float64Array(size);
  let sum = 0;
  for (let k = 0; k < size; k++) sums[k] = sum += 1 / (k + 1);
  const random = mulberry32(seed);
  return () => {
    const wanted = random() * sum;
    let [low, high] = [0, size - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Numbers from 0 to 1 out of a seed: Tommy Ettinger's mulberry32. */
function mulberry32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
