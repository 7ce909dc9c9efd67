/**
 * For each of these moments how many there were until it, within some time.
 *
 * @param {number[]} moments in ms, in order
 * @param {number} ms that time
 * @returns {{ at: number, count: number }[]}
 */
export function upTo(moments, ms) {
  let first = 0;
  return moments.map((at, last) => {
    while (at - moments[first] >= ms) first++;
    return { at, count: last - first + 1 };
  });
}

/**
 * The most of these moments that are within some time.
 *
 * @param {number[]} moments in ms, in order
 * @param {number} ms that time
 */
export function busiest(moments, ms) {
  return upTo(moments, ms).reduce((most, { count }) => Math.max(most, count), 0);
}
