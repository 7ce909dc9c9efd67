import { median } from '../../measurement/statistics.mjs';

/**
 * How many reads a second instance B of each subject makes, 32 at a time: warmed up, then in turns.
 *
 * @param {import('../../measurement/bench.mjs').Bench} bench
 * @param {import('../../measurement/testbed.mjs').Testbed[]} testbeds
 * @param {string} what is read, for the line of progress
 * @param {object} call what the instances are asked to read
 * @returns {Promise<[string, number][]>} the median of all rounds, by the id of the subject; without
 *   those that failed before the first
 */
export async function readsPerSecond(bench, testbeds, what, call) {
  const rates = new Map(testbeds.map(({ id }) => [id, []]));
  const read = async ({ id, b }, how) => {
    const seen = await b.ask('read', { inFlight: 32, ...call, ...how });
    bench.results.checked(id, seen);
    return seen.perSecond;
  };
  const { ms, least } = bench.pace.warmUp;
  // For each point of a curve, the code of which is the same.
  await bench.each(testbeds, 'warm up', (testbed) =>
    read(testbed, { ms: ms / 2, least: least / 2 }),
  );
  await bench.interleave(testbeds, what, async (testbed) => {
    rates.get(testbed.id).push(await read(testbed, { ms: bench.pace.window }));
  });
  return [...rates]
    .filter(([, samples]) => samples.length > 0)
    .map(([id, samples]) => [id, median(samples)]);
}
