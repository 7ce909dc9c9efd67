import { median } from '../../measurement/statistics.mjs';
import { nearless } from '../../subjects/index.mjs';

/** Bytes of a value. */
const SIZES = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/** Entries of each size; more of the small ones would only be read more often. */
const COUNT = 10;

/**
 * How reading grows with the size of a value.
 *
 * @type {import('../../measurement/row.mjs').Row}
 */
export default {
  name: 'sizes',
  title: 'By the size of a value',
  work: `Instance B reads ${COUNT} entries of each size in turn, one request after the other, with nothing kept in the process; the median of all rounds.`,
  measures: [
    { name: 'largest', title: '10 MB', unit: 'ms', better: 'less' },
    { name: 'smallest', title: '1 KB', unit: 'ms', better: 'less' },
  ],
  subjects: ['larder', 'larder-redis', 'official', 'nimpl', 'platformatic', 'raw'],

  /**
   * Reads all sizes in each round, so that what disturbs the machine disturbs all points of a
   * curve.
   *
   * @param {import('../../measurement/bench.mjs').Bench} bench
   */
  async run(bench) {
    const took = new Map();
    const at = (id, size) => {
      const key = `${id} ${size}`;
      if (!took.has(key)) took.set(key, []);
      return took.get(key);
    };
    await bench.with(
      async (testbeds) => {
        const population = (size) => ({ name: `sized-${size}`, count: COUNT, size });
        await bench.each(testbeds, 'fill', async ({ a }) => {
          for (const size of SIZES)
            await a.ask('write', { population: population(size), inFlight: 2 });
        });
        const read = async ({ id, b }, size, ms) => {
          const seen = await b.ask('read', { population: population(size), ms });
          bench.results.checked(id, seen);
          return seen.p50;
        };
        await bench.each(testbeds, 'warm up', async (testbed) => {
          for (const size of SIZES) await read(testbed, size, bench.pace.window);
        });
        await bench.interleave(testbeds, 'read', async (testbed) => {
          for (const size of SIZES)
            at(testbed.id, size).push(await read(testbed, size, bench.pace.window / 2));
          bench.results.sample('smallest', testbed.id, at(testbed.id, SIZES[0]).at(-1));
          bench.results.sample('largest', testbed.id, at(testbed.id, SIZES.at(-1)).at(-1));
        });
      },
      { environment: nearless },
    );
    bench.results.curve({
      name: 'sizes',
      title: 'Time of a read, by the size of its value',
      x: 'bytes of the value',
      y: 'ms per read (median)',
      series: Object.entries(bench.subjects).map(([id, { name }]) => ({
        subject: name,
        points: SIZES.filter((size) => at(id, size).length > 0).map((size) => [
          size,
          median(at(id, size)),
        ]),
      })),
    });
  },
};
