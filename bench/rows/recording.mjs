import { nearless } from '../subjects/index.mjs';

/** Bytes of a value. */
const SIZE = 10_000;

/** Entries that are read in turn. */
const ENTRIES = 100;

/** Milliseconds between two looks at the server, more often than Prometheus or a dashboard that is open. */
const LOOKS_EVERY = 2_000;

/** Milliseconds in which a process reports once. */
const REPORTED = 10_500;

/** What is recorded may cost so much of what there was without, and the reason it may seem to cost more. */
const SHARE = 0.03;
const WHY =
  'a difference of some percent is within the spread of a machine that has other work; `least–most` beside the medians says so.';

/** The ways to read: from the copies of the process, and from the server. */
const WAYS = {
  near: { title: 'near reads', perRequest: 10 },
  remote: { title: 'reads from the server', inFlight: 32 },
};

/**
 * What it costs that people can see into the cache: with everything on, against without.
 *
 * @type {import('../measurement/row.mjs').Row}
 */
export default {
  name: 'recording',
  title: 'What recording for people costs',
  work:
    'Instance B reads entries of 10 KB that A generated: from its near cache, ten at a time; and with none, 32 at a time, from the server. *Larder* has everything ' +
    'on: labels, counts, a report in each turn, and somebody who reads `/metrics` and `/v1/overview` every 2 s. *Larder, silent* sends no labels, counts ' +
    'nothing in the process, reports nothing, and nobody looks at its server. In turns.',
  subjects: ['larder', 'larder-silent'],
  measures: Object.entries(WAYS).flatMap(([way, { title }]) => [
    {
      name: `${way}-rate`,
      title,
      unit: '/s',
      better: 'more',
      targets: [{ subject: 'larder', against: 'larder-silent', limit: 1 - SHARE, why: WHY }],
    },
    {
      name: `${way}-cpu`,
      title: `${title}, Node CPU of one`,
      unit: 'µs',
      better: 'less',
      targets: [{ subject: 'larder', against: 'larder-silent', limit: 1 + SHARE, why: WHY }],
    },
  ]),

  /**
   * Fills from A, and has B of both read in turns, long enough that it reports in each.
   *
   * @param {import('../measurement/bench.mjs').Bench} bench
   */
  async run(bench) {
    for (const way of Object.keys(WAYS)) {
      const environment = way === 'remote' ? nearless : undefined;
      await bench.with((testbeds) => measured(bench, testbeds, way), { environment });
    }
  },
};

/** Measures one way to read. */
async function measured(bench, testbeds, way) {
  const population = { name: `recording-${way}`, count: ENTRIES, size: SIZE };
  const { warmUp, window, runIn } = bench.pace;
  const { perRequest, inFlight } = WAYS[way];
  const read = ({ b }, how) => b.ask('read', { population, perRequest, inFlight, ...how });
  await bench.each(testbeds, 'fill', ({ a }) => a.ask('write', { population }));
  await bench.probe(testbeds);
  await bench.each(testbeds, 'warm up', (testbed) => read(testbed, warmUp));
  const ms = bench.quick ? 4 * window : REPORTED;
  await bench.interleave(testbeds, `read: ${way}`, async (testbed) => {
    const looking = testbed.id === 'larder' ? looks(testbed.store.url) : undefined;
    await read(testbed, { ms: runIn });
    const seen = await read(testbed, { ms });
    await looking?.end();
    bench.results.sample(`${way}-rate`, testbed.id, seen.perSecond);
    bench.results.sample(`${way}-cpu`, testbed.id, seen.cpu);
    bench.results.checked(testbed.id, seen);
  });
}

/** Somebody who looks at a server again and again. */
function looks(url) {
  let last = look(url);
  const again = setInterval(() => (last = last.then(() => look(url))), LOOKS_EVERY);
  return {
    async end() {
      clearInterval(again);
      await last;
    },
  };
}

async function look(url) {
  for (const page of ['/metrics', '/v1/overview']) {
    const answer = await fetch(url + page);
    if (!answer.ok) throw new Error(`${page}: ${answer.status}`);
    await answer.text();
  }
}
