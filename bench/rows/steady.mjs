import { SIZE, fleets } from '../fleet/fleet.mjs';
import { FRESH, note, steady, warmUp } from '../fleet/steady.mjs';
import { PEERS } from '../subjects/index.mjs';

/** Milliseconds that a generation takes. */
const TAKES = 50;

/** How many items there are to be read. */
const ITEMS = 2000;

/**
 * Who lives through the same minutes: two, which take about half of two cores, and Larder
 * beside those that are hardest to beat.
 */
const GROUPS = [
  ['larder', 'nimpl'],
  ['larder-push', 'official'],
  ['larder-redis', 'platformatic'],
  ['leejpsd', 'turbo'],
  ['mrjasonroy', 'built-in'],
];

/** Reads of a second, of all instances together. */
const RATE = 75;

/**
 * What a fleet lives through on an ordinary day, in real instances of Next.js.
 *
 * @type {import('../measurement/row.mjs').Row}
 */
export default {
  name: 'steady',
  title: 'A fleet at work',
  work:
    `${SIZE} instances of Next.js in turn are asked ${RATE} times a second for one of ${ITEMS.toLocaleString('en-US')} items, the k-th most frequent one 1/k times as ` +
    `often as the first; items are fresh for ${FRESH} s, one is edited and invalidated each second, and a generation takes ${TAKES} ms. Everybody ` +
    'is asked for the same in the same order. An edit calls a Server Action with `updateTag`, and is acknowledged when that has answered: the answer of a route ' +
    'handler would not do, as Next.js gives it before the cache has acknowledged anything. Needed are as many generations as a single cache would make that loses nothing: one for the first ' +
    'read of an item, one for the first after an edit, and one for the first after its time. A read is stale if it shows less than what had been ' +
    'acknowledged before it was asked. Two subjects at a time go through the same minutes side by side, each with a store, instances and an origin of its own.',
  subjects: ['larder', 'larder-push', 'larder-redis', ...PEERS, 'built-in'],
  measures: [
    {
      name: 'load',
      title: 'generations, of those needed',
      unit: '×',
      better: 'less',
      targets: [{ subject: 'larder', limit: 1.02 }],
    },
    {
      name: 'stale',
      title: 'stale reads',
      unit: '',
      better: 'less',
      targets: [{ subject: 'larder', limit: 0 }],
    },
    { name: 'hits', title: 'hits', unit: '%', better: 'more' },
    {
      name: 'failures',
      title: 'failures',
      unit: '',
      better: 'less',
      targets: [{ subject: 'larder', limit: 0 }],
    },
    { name: 'p50', title: 'p50', unit: 'ms', better: 'less' },
    { name: 'p99', title: 'p99', unit: 'ms', better: 'less' },
    { name: 'cpu', title: 'Node CPU per read', unit: 'ms', better: 'less' },
  ],

  /**
   * Has each group live through the same minutes, and notes what each of its fleets came to.
   *
   * @param {import('../measurement/bench.mjs').Bench} bench
   */
  async run(bench) {
    const seconds = bench.quick ? 20 : 300;
    await fleets(bench, { takes: TAKES, groups: GROUPS, prepare: warmUp }, async (fleet) => {
      const work = { seconds, rate: RATE, items: ITEMS };
      const came = await steady(fleet, work);
      const { reads, failures, generations, ideal, stale, latencies, cpu } = came;
      const quantile = (q) => latencies[Math.floor(q * latencies.length)];
      const measured = {
        load: generations / ideal,
        stale,
        hits: (1 - generations / reads) * 100,
        failures,
        p50: quantile(0.5),
        p99: quantile(0.99),
        cpu,
      };
      note(bench, fleet.id, came, measured);
    });
    const beside = GROUPS.map((group) => group.filter((id) => bench.subjects[id]))
      .filter((group) => group.length > 0)
      .map((group) => group.map((id) => bench.subjects[id].name).join(', '));
    bench.results.note(
      `${seconds} s for each group of subjects side by side: ${beside.join('; ')}.`,
    );
  },
};
