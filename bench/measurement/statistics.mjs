/**
 * The value below which a share of all values lies.
 *
 * @param {ArrayLike<number>} sorted ascending
 * @param {number} share from 0 to 1
 * @returns {number | undefined} undefined when there is none
 */
export function percentile(sorted, share) {
  if (sorted.length === 0) return undefined;
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  return below + (above - below) * (at - Math.floor(at));
}

/**
 * What samples come to.
 *
 * @typedef {{ count: number, median: number, least: number, most: number, lower: number,
 *   upper: number }} Summary `lower` and `upper` are the quartiles
 *
 * @param {number[]} samples at least one
 * @returns {Summary}
 */
export function summary(samples) {
  const sorted = Float64Array.from(samples).sort();
  if (sorted.length === 0) throw new RangeError('a summary needs a sample');
  return {
    count: sorted.length,
    median: percentile(sorted, 0.5),
    least: sorted[0],
    most: sorted.at(-1),
    lower: percentile(sorted, 0.25),
    upper: percentile(sorted, 0.75),
  };
}

/** The middle of all samples, of which there is at least one. */
export function median(samples) {
  return summary(samples).median;
}

/**
 * Between which two samples the median of all there could be lies, with 95 % certainty.
 *
 * @param {number[]} samples at least one
 * @returns {[number, number]} the least and the most of all samples where there are few
 */
export function medianWithin(samples) {
  const sorted = Float64Array.from(samples).sort();
  const beside = Math.max(0, Math.floor((sorted.length - 1.96 * Math.sqrt(sorted.length)) / 2));
  return [sorted[beside], sorted.at(-1 - beside)];
}
