const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** A whole number, with separators. */
export const count = (n: number) => whole.format(n);

/** A number with three digits that count. */
export const rough = (n: number) =>
  n >= 1e6
    ? `${short.format(n / 1e6)} M`
    : n >= 1e5
      ? `${short.format(n / 1e3)} k`
      : short.format(n);

export const percent = (share: number) =>
  share >= 0.9995 || share === 0 ? `${Math.round(share * 100)} %` : `${(share * 100).toFixed(1)} %`;

export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) {
    n /= 1024;
    unit++;
  }
  return `${short.format(n)} ${units[unit]}`;
}

const UNITS = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1000 },
];

/** A time span of milliseconds, in its largest unit or two. */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${short.format(ms / 1000)} s`;
  const largest = UNITS.findIndex((unit) => ms >= unit.ms);
  const [unit, next] = [UNITS[largest]!, UNITS[largest + 1]!];
  const rest = Math.floor((ms % unit.ms) / next.ms);
  return `${Math.floor(ms / unit.ms)} ${unit.name}${rest > 0 ? ` ${rest} ${next.name}` : ''}`;
}

/** A part of a life, in seconds. */
export const seconds = (s: number | 'never') => (s === 'never' ? 'never' : span(s * 1000));

/** The time of day on the reader's clock; with the day if it is not today. */
export function clock(iso: string): string {
  const then = new Date(iso);
  const time = then.toLocaleTimeString('en-GB');
  return then.toDateString() === new Date().toDateString()
    ? time
    : `${then.toLocaleDateString('en-CA')} ${time}`;
}

/** Until when, or whether: `now`, `never`, or a time. */
export const until = (expires: string) =>
  expires === 'now'
    ? 'at once'
    : expires === 'never'
      ? 'stale, never expires'
      : `stale until ${clock(expires)}`;

/** Who invalidated, in a few words. */
export function who(source: { instance: string; token: string; via: string }): string {
  return source.instance || (source.token && `token ${source.token}`) || source.via;
}

/** What was called, and where. */
export const what = (source: { action: string; path: string }) =>
  source.path ? `${source.action} in ${source.path}` : source.action;

/** `1 entry`, `2 entries`. */
export const of = (n: number, one: string, many = `${one}s`) =>
  `${count(n)} ${n === 1 ? one : many}`;

/** A tag as people know it: those of a single key are how it is purged. */
export const tagWords = (tag: string) => {
  const [, key] = /^larder:(?:purge|key):([0-9a-f]+)$/.exec(tag) ?? [];
  return key ? `key ${key.slice(0, 12)}…` : tag;
};
