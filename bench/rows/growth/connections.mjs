import { nearless } from '../../subjects/index.mjs';
import { readsPerSecond } from './rates.mjs';

/** How many connections are open. */
const COUNTS = [1, 10, 100, 1000];

/** The same in a quick run. */
const QUICK_COUNTS = [1, 10, 100];

/** What is read over each of them. */
const POPULATION = { name: 'shared', count: 100, size: 10_000 };

/**
 * How reading grows with the number of connections.
 *
 * @type {import('../../measurement/row.mjs').Row}
 */
export default {
  name: 'connections',
  title: 'By the number of connections',
  work:
    'One process opens 1, 10, 100 and 1,000 connections (100 in a quick run) as that many instances would, and reads entries of 10 KB over them in turn, ' +
    '32 requests at a time in all. What one connection asks for at the same time travels together, so that fewer reads share a message where there are ' +
    'more connections.',
  measures: [
    {
      name: 'growth',
      title: 'reads per second, most connections against one',
      unit: '×',
      better: 'more',
    },
  ],
  subjects: ['larder', 'raw'],

  /**
   * Opens more and more connections in one process, and reads over all that are open.
   *
   * @param {import('../../measurement/bench.mjs').Bench} bench
   */
  async run(bench) {
    const counts = bench.quick ? QUICK_COUNTS : COUNTS;
    const series = new Map();
    await bench.with(
      async (testbeds) => {
        for (const { id } of testbeds) series.set(id, []);
        await bench.each(testbeds, 'fill', ({ a }) => a.ask('write', { population: POPULATION }));
        for (const connections of counts) {
          await bench.each(testbeds, `open ${connections} connections`, ({ b }) =>
            b.ask('connect', { connections, population: POPULATION }),
          );
          const what = `read over ${connections} connections`;
          const call = { population: POPULATION, connections };
          for (const [id, rate] of await readsPerSecond(bench, testbeds, what, call)) {
            series.get(id).push([connections, rate]);
          }
        }
        await bench.each(testbeds, 'compare', async ({ id }) => {
          bench.results.sample('growth', id, series.get(id).at(-1)[1] / series.get(id)[0][1]);
        });
      },
      { environment: nearless },
    );
    bench.results.curve({
      name: 'connections',
      title: 'Reads per second, by the number of connections',
      x: 'connections',
      y: 'reads per second, 32 in flight in all',
      series: [...series].map(([id, points]) => ({ subject: bench.subjects[id].name, points })),
    });
  },
};
