import { SIZE, fleets } from '../fleet/fleet.mjs';
import { FRESH, steady, warmUp } from '../fleet/steady.mjs';
import { within } from '../fleet/within.mjs';
import { PEERS } from '../subjects/index.mjs';

/** Milliseconds that a generation takes. */
const TAKES = 50;

/** How many items there are to be read. */
const ITEMS = 2000;

/** Reads of a second, of all instances together. */
const RATE = 75;

/** Who lives through the same outages side by side. */
const GROUPS = [
  ['built-in', 'larder'],
  ['larder-push', 'official'],
  ['leejpsd', 'turbo'],
  ['nimpl', 'mrjasonroy'],
  ['platformatic'],
];

/** Milliseconds for an outage to begin, and for a store to be back. */
const TURNED_WITHIN = 90_000;

/** What befalls the store, and how it ends. */
const WAYS = {
  killed: [({ store }) => store.kill(), ({ store }) => store.start()],
  frozen: [({ store }) => store.freeze(), ({ store }) => store.thaw()],
  partitioned: [({ network }) => network.part(), ({ network }) => network.heal()],
};

/** Next.js' own cache, which the others are compared with. */
const OWN = 'built-in';

/**
 * What a fleet asks of its origin while what its instances share is away.
 *
 * @type {import('../measurement/row.mjs').Row}
 */
export default {
  name: 'outage',
  title: 'A fleet whose store is away',
  work:
    `The work of the row \`steady\` (${SIZE} instances of Next.js, ${RATE} reads a second of ${ITEMS.toLocaleString('en-US')} items that are fresh for ${FRESH} s, one edit ` +
    'a second), for a minute before and for a minute while the store of the instances (the Larder server, or Redis) is killed, frozen (SIGSTOP) or partitioned ' +
    '(the network swallows everything). Counted in that minute are the generations the origin is asked for, reads that failed, the slowest of a hundred, and reads that showed ' +
    "less than what had been edited before through the same instance, acknowledged or not. Next.js' own cache has no store and goes on as ever: it is the measure " +
    'of how many generations an instance makes that is by itself.',
  subjects: [OWN, 'larder', 'larder-push', ...PEERS],
  measures: [
    ...Object.keys(WAYS).flatMap((way) => [
      {
        name: `load-${way}`,
        title: `${way}: generations`,
        unit: '/s',
        better: 'less',
      },
      {
        name: `against-own-${way}`,
        title: `${way}: of those of Next.js' own`,
        unit: '×',
        better: 'less',
        targets: [
          {
            subject: 'larder',
            limit: 1,
            why:
              'Next.js’ own cache keeps an item for as long as it is fresh (60 s here), and never hears of another instance. What Larder keeps it serves for ' +
              '`LARDER_OUTAGE_STALENESS` (30 s) at most, so that items that are read often are generated twice in the minute; and what another ' +
              'instance edited before is generated anew. In a quick run, which ends before that bound, it is as many generations as with Next.js’ own.',
          },
        ],
      },
      { name: `p99-${way}`, title: `${way}: p99`, unit: 'ms', better: 'less' },
    ]),
    {
      name: 'failures',
      title: 'failed reads',
      unit: '',
      better: 'less',
      targets: [{ subject: 'larder', limit: 0 }],
    },
    {
      name: 'known',
      title: 'reads of what the instance knew to be edited',
      unit: '',
      better: 'less',
      targets: [{ subject: 'larder', limit: 0 }],
    },
  ],

  /**
   * Has each group live through the three outages, one after the other, each preceded by as long
   * without one. Nothing is compared before all groups are through: what Next.js' own cache makes
   * of an outage is known then only.
   *
   * @param {import('../measurement/bench.mjs').Bench} bench
   */
  async run(bench) {
    const seconds = bench.quick ? 5 : 60;
    /** Generations a second, by way and subject. */
    const loads = Object.fromEntries(Object.keys(WAYS).map((way) => [way, {}]));
    await fleets(
      bench,
      { takes: TAKES, groups: GROUPS, prepare: warmUp, network: true },
      async (fleet) => {
        let [failures, known] = [0, 0];
        for (const [way, [begin, end]] of Object.entries(WAYS)) {
          // What the instances agree on after an outage must not count in the next one.
          const work = { seconds, rate: RATE, items: ITEMS, of: `${way}-` };
          const turn = async (what, how) => {
            if (fleet.store) await within(what, TURNED_WITHIN, (async () => how(fleet))());
          };
          const before = await steady(fleet, { ...work, when: `before it is ${way}: ` });
          answered(before, `before the store was ${way}`);
          await turn(`the store is ${way}`, begin);
          // In the same order it would be what was read before, which generates nothing in a quick run.
          const during = steady(fleet, { ...work, seed: 1, when: `${way}: ` });
          const seen = await during.finally(() => turn(`the store that was ${way} is back`, end));
          answered(seen, `while the store was ${way}`);
          failures += seen.readFailures;
          known += seen.known;
          const load = seen.generations / seconds;
          loads[way][fleet.id] = load;
          bench.results.sample(`load-${way}`, fleet.id, load);
          bench.results.sample(
            `p99-${way}`,
            fleet.id,
            seen.latencies[Math.floor(0.99 * seen.latencies.length)],
          );
          for (const sentence of remarks(seen))
            bench.results.note(`${fleet.id}, ${way}: ${sentence}.`);
        }
        bench.results.sample('failures', fleet.id, failures);
        bench.results.sample('known', fleet.id, known);
      },
    );
    for (const [way, { [OWN]: own, ...others }] of Object.entries(loads)) {
      for (const [id, load] of Object.entries(others)) {
        if (own) bench.results.sample(`against-own-${way}`, id, load / own);
      }
    }
    bench.results.note(`${seconds} s before each outage, and ${seconds} s in it.`);
  },
};

/**
 * Throws where there is nothing to measure.
 *
 * @param {{ reads: number, readFailures: number, firstReadFailure?: string }} seen as `steady`
 *   tells it
 * @param {string} when it was, for the message
 */
function answered({ reads, readFailures, firstReadFailure }, when) {
  if (reads === 0)
    throw new Error(`${when}, none of ${readFailures} reads was answered: ${firstReadFailure}`);
}

/**
 * What of it failed, in sentences: an edit that is not acknowledged in an outage is as it should
 * be.
 *
 * @returns {Generator<string>} each without its full stop
 */
function* remarks({ failures, readFailures, firstFailure, firstReadFailure }) {
  const edits = failures - readFailures;
  if (readFailures > 0) yield `${readFailures} reads failed, the first with “${firstReadFailure}”`;
  if (edits > 0)
    yield `${edits} edits were not acknowledged${readFailures > 0 ? '' : `, the first with “${firstFailure}”`}`;
}
