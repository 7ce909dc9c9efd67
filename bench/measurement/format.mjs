/**
 * A number with about three digits that mean something, and its unit.
 *
 * @param {number} value
 * @param {string} unit as in `Measure`; '' for a count
 */
export function amount(value, unit) {
  return unit ? `${number(value)} ${unit}` : number(value);
}

/** A ratio: `×1.3`. */
export function ratio(value) {
  return `×${number(value)}`;
}

/** Bytes, for people. Powers of 1024. */
export function bytes(value) {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const step = Math.max(0, Math.min(units.length - 1, Math.floor(Math.log2(value) / 10)));
  return `${number(value / 2 ** (10 * step))} ${units[step]}`;
}

/** About three digits that mean something: what is small has decimals, thousands have commas. */
function number(value) {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  if (size >= 1) return value.toFixed(2);
  if (size === 0) return '0';
  return value.toPrecision(2);
}
