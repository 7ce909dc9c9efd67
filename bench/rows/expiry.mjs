import { busiest } from '../fleet/busiest.mjs';
import { SIZE, fleets } from '../fleet/fleet.mjs';
import { FRESH, note, steady, warmUp } from '../fleet/steady.mjs';
import { PEERS } from '../subjects/index.mjs';

/** Milliseconds that a generation takes. */
const TAKES = 50;

/** How many items are generated together. */
const ITEMS = 2000;

/** Requests to each instance at a time, while they are. */
const EACH = 16;

/** Who lives through the same minutes. */
const GROUPS = [
  ['larder', 'larder-due'],
  ['larder-push', 'official'],
  ['nimpl', 'built-in'],
  ['leejpsd', 'turbo'],
  ['mrjasonroy', 'platformatic'],
];

/** Reads of a second, of all instances together. */
const RATE = 75;

/**
 * What was generated together, and grows stale together.
 *
 * @type {import('../measurement/row.mjs').Row}
 */
export default {
  name: 'expiry',
  title: 'What was made together',
  work:
    `${ITEMS.toLocaleString('en-US')} items that are fresh for ${FRESH} s are generated as fast as ${SIZE} instances of Next.js can, as after a ` +
    `deployment. Then the instances are asked for them as in the row \`steady\`: ${RATE} times a second, one edit each second, ${TAKES} ms a generation. ` +
    'The peak is the second with the most generations, of the average second; generations are counted against those that a single cache would make that loses nothing and regenerates nothing early.',
  subjects: ['larder', 'larder-due', 'larder-push', ...PEERS, 'built-in'],
  measures: [
    {
      name: 'peak',
      title: 'peak of generations, of their average',
      unit: '×',
      better: 'less',
      targets: [{ subject: 'larder', limit: 2 }],
    },
    {
      name: 'load',
      title: 'generations, of those needed',
      unit: '×',
      better: 'less',
      targets: [{ subject: 'larder', limit: 1.1 }],
    },
    {
      name: 'p99',
      title: 'p99',
      unit: 'ms',
      better: 'less',
      targets: [{ subject: 'larder', against: 'larder-due', limit: 1 }],
    },
    {
      name: 'failures',
      title: 'failures',
      unit: '',
      better: 'less',
      targets: [{ subject: 'larder', limit: 0 }],
    },
  ],

  /**
   * Has each group live through the same minutes, from the second in which everything was generated.
   *
   * @param {import('../measurement/bench.mjs').Bench} bench
   */
  async run(bench) {
    const seconds = bench.quick ? 20 : 300;
    const items = bench.quick ? ITEMS / 10 : ITEMS;
    await fleets(bench, { takes: TAKES, groups: GROUPS, prepare: warmUp }, async (fleet) => {
      const earlier = await together(fleet, items);
      const took = (earlier.at(-1).asked - earlier[0].asked) / 1000;
      bench.results.note(`${items} items were generated within ${took.toFixed(1)} s: ${fleet.id}.`);
      const before = fleet.origin.total;
      const came = await steady(fleet, { seconds, rate: RATE, items, earlier });
      const moments = fleet.origin.begun(before);
      const measured = {
        peak: busiest(moments, 1000) / (moments.length / seconds),
        load: came.generations / came.ideal,
        p99: came.latencies[Math.floor(0.99 * came.latencies.length)],
        failures: came.failures,
      };
      note(bench, fleet.id, came, measured);
    });
  },
};

/**
 * Has every item generated, by each instance a part of them.
 *
 * @param {import('../fleet/fleet.mjs').Fleet} fleet
 * @param {number} items
 * @returns {Promise<import('../fleet/ideal.mjs').Read[]>} in the order in which they were asked
 */
async function together({ instances: { all }, progress }, items) {
  progress(`${items} items are generated together`);
  const reads = [];
  const reader = async (instance) => {
    while (reads.length < items) {
      const id = `${FRESH}-${reads.length}`;
      reads.push({ id, asked: performance.now() });
      await instance.item(id);
    }
  };
  await Promise.all(
    all.flatMap((instance) => Array.from({ length: EACH }, () => reader(instance))),
  );
  return reads;
}
