/** Milliseconds for which a value that was invalidated is watched. */
const TIMEOUT = 2000;

let probes = 0;

/**
 * Whether what is invalidated on A is still served on B.
 *
 * @typedef {{ tried: number, stale: number, longest: number, wrong: number }} Coherence `stale` first
 *   reads of B after the acknowledgement gave what had been invalidated, and for at most `longest`
 *   milliseconds it went on; Infinity when it did not end while it was watched
 *
 * @param {import('./testbed.mjs').Testbed} testbed with two instances
 * @param {number} times to try
 * @returns {Promise<Coherence | undefined>} undefined where nothing can be shared or invalidated
 */
export async function probe({ subject, a, b, alone }, times) {
  if (alone || subject.invalidates === false) return undefined;
  const seen = { tried: 0, stale: 0, longest: 0, wrong: 0 };
  for (let i = 0; i < times; i++) {
    const population = { name: `probe-${++probes}`, count: 1, size: 10_000 };
    await a.ask('write', { population });
    // Twice: what the first read found is kept by then.
    await b.ask('readOne', { population });
    await b.ask('readOne', { population });
    await a.ask('invalidate', { tags: [`${population.name}-0`] });
    const acknowledged = performance.now();
    seen.tried++;
    for (let first = true; ; first = false) {
      const { state } = await b.ask('readOne', { population });
      if (state === 'wrong') seen.wrong++;
      if (state === 'miss') break;
      if (first) seen.stale++;
      const lasted = performance.now() - acknowledged;
      seen.longest = Math.max(seen.longest, lasted);
      if (lasted > TIMEOUT) return { ...seen, longest: Infinity };
    }
  }
  return seen;
}
