import { setTimeout as pause } from 'node:timers/promises';
import { temporaryDirectory } from '@larder/harness/temporary';
import { busiest, upTo } from '../fleet/busiest.mjs';
import { SIZE, fleets } from '../fleet/fleet.mjs';
import { Releases } from '../fleet/releases.mjs';
import { rollouts } from '../fleet/rollout.mjs';
import { Visits } from '../fleet/visits.mjs';
import { ITEMS, MANY } from '../fleet/app/lib/shelf.js';
import { PEERS } from '../subjects/index.mjs';

/** Milliseconds that a generation takes. */
const TAKES = 50;

/** Visits of a second, of all instances together. */
const RATE = 24;

/** Milliseconds over which generations are counted for a peak: of fewer, chance alone makes one. */
const PEAK = 10_000;

/** What is still a steady load of the origin: no more of it, times that of before. */
const BACK = 1.3;

/** Seconds of each part. */
const FULL = { before: 75, steady: 60, between: 8, after: 40 };
const QUICK = { before: 15, steady: 12, between: 2, after: 8 };

/** Whose entries survive a build, and whose instances are warm before they have visitors. */
const PREPARED = 'larder-deploy';

/** Who lives through the same minutes. */
const GROUPS = [
  ['larder', 'official'],
  ['larder-deploy', 'nimpl'],
  ['larder-redis', 'platformatic'],
  ['leejpsd', 'turbo'],
  ['mrjasonroy', 'built-in'],
];

/** Why a target may not be reached. */
const NOISE = `of ${PEAK / 1000} s of a steady load the busiest are some 1.2 times the average by chance.`;

/**
 * A fleet whose instances are replaced while it is visited.
 *
 * @type {import('../measurement/row.mjs').Row}
 */
export default {
  name: 'deploy',
  title: 'A deployment',
  work:
    `${SIZE} instances of Next.js, each with a disk of its own, in turn are visited ${RATE} times a second: six of ten visits are of a page of one cached read, two of a page of ${MANY}, ` +
    `one of a page that is kept as a whole, one of a page with a cached \`fetch\`. There are ${ITEMS.toLocaleString('en-US')} items, the k-th most frequent one 1/k times as often as the first; ` +
    `they are fresh for 20 to 60 s, one is edited and invalidated every two seconds, and a generation takes ${TAKES} ms. While that goes on all instances are replaced: by the same build (*restart*), ` +
    'by another one (*one by one*), by another one of which one instance has a quarter of the visitors for half a minute first (*canary*), and by four that stand ready and are given all visitors at once (*blue-green*). ' +
    `The peak is that of ${PEAK / 1000} s, and all generations from the first replacement until ${FULL.after} s after the last are counted; both against the minute before the first of them. ` +
    `*Back* is when the load was above ${BACK} times that for the last time. Two subjects at a time go through the same minutes side by side, each with a store, instances and an origin of its own.`,
  subjects: ['larder', 'larder-deploy', 'larder-redis', ...PEERS, 'built-in'],
  measures: [
    { name: 'hits', title: 'hits before', unit: '%', better: 'more' },
    { name: 'generations', title: 'generations before', unit: '/s', better: 'less' },
    { name: 'p50', title: 'p50 before', unit: 'ms', better: 'less' },
    { name: 'p99', title: 'p99 before', unit: 'ms', better: 'less' },
    ...rollouts.flatMap(({ name, title }) => [
      {
        name: `${name}-peak`,
        title: `${title}: peak`,
        unit: '×',
        better: 'less',
        targets: peaks(name),
      },
      {
        name: `${name}-all`,
        title: `${title}: generations`,
        unit: '×',
        better: 'less',
        targets: name === 'restart' ? [{ subject: 'larder', limit: 1.05 }] : [],
      },
    ]),
    { name: 'roll-back', title: 'one by one: back', unit: 's', better: 'less' },
    { name: 'roll-hits', title: 'one by one: hits', unit: '%', better: 'more' },
    { name: 'roll-p99', title: 'one by one: p99', unit: 'ms', better: 'less' },
    {
      name: 'failures',
      title: 'failures',
      unit: '',
      better: 'less',
      targets: ['larder', PREPARED].map((subject) => ({ subject, limit: 0 })),
    },
  ],

  /**
   * Has each fleet live through all ways of being replaced.
   *
   * @param {import('../measurement/bench.mjs').Bench} bench
   */
  async run(bench) {
    const seconds = bench.quick ? QUICK : FULL;
    const having = async (id, say) => {
      say('build the app twice');
      const releases = await releasesOf(id);
      return { app: () => releases.place(0), routes: true, environment: environmentOf(id) };
    };
    await fleets(bench, { takes: TAKES, groups: GROUPS, having }, async (fleet) =>
      replaced(fleet, await releasesOf(fleet.id), seconds, bench),
    );
  },
};

/** Builds of the app: those of which entries survive are others. @type {Map<boolean, Promise<Releases>>} */
const built = new Map();

/** The releases of a subject. */
function releasesOf(id) {
  const durable = id === PREPARED;
  if (!built.has(durable))
    built.set(durable, Releases.built(temporaryDirectory(), environmentOf(id)));
  return built.get(durable);
}

/** What a build and the instances of a subject have in their environment. */
function environmentOf(id) {
  return id === PREPARED ? { BENCH_CACHE: 'larder', BENCH_DURABLE: '1', BENCH_WARM: '1' } : {};
}

/** What the peak of a way is to be at most. */
function peaks(name) {
  if (name !== 'roll') return [];
  return [
    { subject: 'larder', limit: 2 },
    { subject: PREPARED, limit: 1.3, why: NOISE },
    { subject: PREPARED, limit: 1, against: 'peers' },
  ];
}

/**
 * Replaces the instances of a fleet in all ways, and notes what that came to.
 *
 * @param {import('../fleet/fleet.mjs').Fleet} fleet
 * @param {Releases} releases
 */
async function replaced(fleet, releases, { before, steady, between, after }, { results }) {
  const { id, origin, progress } = fleet;
  const visits = new Visits(fleet, RATE);
  const windows = {};
  let release = 0;
  try {
    await during(`fill the cache for ${before} s`, before);
    windows.before = await window(() => during(`${steady} s before anything is replaced`, steady));
    for (const { name, title, releases: more, run } of rollouts) {
      release += more;
      windows[name] = await window(async () => {
        progress(title);
        await run({ fleet, place: () => releases.place(release), between: between * 1000 });
        await during(`${title}: ${after} s after`, after);
      });
    }
  } finally {
    await visits.stop();
  }

  const average = rate(windows.before);
  const hits = ({ from, to }) =>
    (1 - generated({ from, to }).length / visits.between(from, to).reads) * 100;
  const quantile = ({ from, to }, q) => {
    const { latencies } = visits.between(from, to);
    return latencies[Math.floor(q * latencies.length)];
  };
  const all = visits.between(windows.before.from, Infinity);
  const measured = {
    hits: hits(windows.before),
    generations: average,
    p50: quantile(windows.before, 0.5),
    p99: quantile(windows.before, 0.99),
    'roll-back': back(generated(windows.roll), windows.roll.from, average),
    'roll-hits': hits(windows.roll),
    'roll-p99': quantile(windows.roll, 0.99),
    failures: all.failures,
  };
  for (const { name } of rollouts) {
    measured[`${name}-peak`] = perSecond(busiest(generated(windows[name]), PEAK)) / average;
    measured[`${name}-all`] = rate(windows[name]) / average;
  }
  for (const [name, value] of Object.entries(measured)) results.sample(name, id, value);
  const { reads, stale, stalest } = visits.staleness();
  results.coherence(id, { tried: reads, stale, longest: stalest });
  if (all.firstFailure) results.note(`the first failure of ${id}: ${all.firstFailure}`);

  async function during(what, seconds) {
    progress(what);
    await pause(seconds * 1000);
  }

  async function window(work) {
    const from = performance.now();
    await work();
    return { from, to: performance.now() };
  }

  function generated({ from, to }) {
    return origin.begun(0).filter((at) => at >= from && at < to);
  }

  function rate({ from, to }) {
    return (generated({ from, to }).length * 1000) / (to - from);
  }
}

/** Generations of a second, where there are so many in the time of a peak. */
const perSecond = (count) => (count * 1000) / PEAK;

/** Seconds after `from` at which the load was last more than is steady; 0 if it never was. */
function back(moments, from, average) {
  const above = upTo(moments, PEAK).filter(({ count }) => perSecond(count) > BACK * average);
  return above.length === 0 ? 0 : (above.at(-1).at - from) / 1000;
}
