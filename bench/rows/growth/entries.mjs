import { writeTogether } from '../../measurement/testbed.mjs';
import { nearless } from '../../subjects/index.mjs';
import { readsPerSecond } from './rates.mjs';

/** How many entries are stored. */
const COUNTS = [1_000, 10_000, 100_000, 1_000_000];

/** The same in a quick run. */
const QUICK_COUNTS = [1_000, 10_000, 50_000];

/** Bytes of each of them. */
const SIZE = 1_000;

/** What their names begin with: those of a smaller number are among those of a larger. */
const NAME = 'many';

/** Milliseconds in which entries are stored. */
const TIMEOUT = 900_000;

/**
 * How reading grows with the number of entries.
 *
 * @type {import('../../measurement/row.mjs').Row}
 */
export default {
  name: 'entries',
  title: 'By the number of entries',
  work:
    `Instance B reads entries of ${SIZE} bytes, scattered over all there are, 32 requests at a time and with nothing kept in the process, ` +
    'after A and B have stored 1,000, 10,000, 100,000 and 1,000,000 of them (50,000 in a quick run).',
  measures: [
    {
      name: 'growth',
      title: 'reads per second, most entries against fewest',
      unit: '×',
      better: 'more',
    },
  ],
  subjects: ['larder', 'official', 'raw'],

  /**
   * Stores what is missing to the next number, and reads over all there are.
   *
   * @param {import('../../measurement/bench.mjs').Bench} bench
   */
  async run(bench) {
    const counts = bench.quick ? QUICK_COUNTS : COUNTS;
    const series = new Map();
    await bench.with(
      async (testbeds) => {
        for (const testbed of testbeds) series.set(testbed.id, []);
        for (const [i, count] of counts.entries()) {
          const from = i === 0 ? 0 : counts[i - 1];
          await bench.each(testbeds, `store ${count} entries`, (testbed) => {
            const population = { name: NAME, count: count - from, size: SIZE };
            return writeTogether(testbed, { population, from, inFlight: 128 }, TIMEOUT);
          });
          const population = { name: NAME, count, size: SIZE };
          const what = `read ${count} entries`;
          const call = { population, scattered: true };
          for (const [id, rate] of await readsPerSecond(bench, testbeds, what, call)) {
            series.get(id).push([count, rate]);
          }
        }
        await bench.each(testbeds, 'compare', async ({ id }) => {
          bench.results.sample('growth', id, series.get(id).at(-1)[1] / series.get(id)[0][1]);
        });
      },
      { environment: nearless },
    );
    bench.results.curve({
      name: 'entries',
      title: 'Reads per second, by the number of entries stored',
      x: `entries of ${SIZE} bytes`,
      y: 'reads per second, 32 in flight',
      series: [...series].map(([id, points]) => ({ subject: bench.subjects[id].name, points })),
    });
  },
};
