import { medianWithin, median } from '../measurement/statistics.mjs';
import { instance, nearless } from '../subjects/index.mjs';

/** Bytes of a value. */
const SIZE = 10_000;

/** Entries that are read in turn. */
const ENTRIES = 100;

/** Milliseconds in which a process reports once, and how often somebody looks meanwhile: more often than Prometheus or a page that is open. */
const REPORTED = 10_000;
const LOOKS = 5;

/** Pairs of turns for each round of other rows; and one of so many is followed by a busy one. */
const PAIRS = 24;
const BUSY = 8;

/** What is recorded may cost so many per cent. */
const LIMIT = 3;

/** The ways to read: from the copies of the process, and from the server. */
const WAYS = {
  near: { title: 'near reads', perRequest: 10 },
  remote: { title: 'reads from the server', inFlight: 32 },
};

/** Who is measured: one process, by what it does in its turns. */
const TURNS = {
  larder: { name: 'Larder', about: 'everything on' },
  'larder-silent': { name: 'Larder, silent', about: 'the same process in turns without' },
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
    'Instance B reads entries of 10 KB that A generated: from its near cache, ten at a time; and with none, 32 at a time, from the server. ' +
    'In every other turn of a quarter of a second it records nothing. Two turns that follow each other are a pair, whose order alternates; what recording costs is the median of ' +
    'what the two of a pair differ by. Every eighth pair is followed by one of turns of a second, in which it reports to the server and `/metrics` and `/v1/overview` are ' +
    'read five times, as happens in ten; a tenth of the cost is that of such turns. One process takes all turns, since two differ by more than is measured here. What the server counts ' +
    'it counts in all of them ([0150](decisions/0150-what-recording-costs-is-told-from-noise.md)).',
  subjects: ['larder'],
  measures: [
    ...Object.entries(WAYS).flatMap(([way, { title }]) => [
      { name: `${way}-rate`, title, unit: '/s', better: 'more' },
      { name: `${way}-cpu`, title: `${title}, Node CPU of one`, unit: 'µs', better: 'less' },
    ]),
    ...Object.entries(WAYS).flatMap(([way, { title }]) => [
      { ...cost(`${way}-fewer`), title: `${title}, fewer by` },
      { ...cost(`${way}-more`), title: `${title}, more Node CPU by` },
    ]),
  ],

  /**
   * Fills from A, and has B read in turns.
   *
   * @param {import('../measurement/bench.mjs').Bench} bench
   */
  async run(bench) {
    for (const way of Object.keys(WAYS)) {
      const environment = (id, subject) => ({
        BENCH_ACKNOWLEDGEMENTS: instance('larder-recording.mjs'),
        ...(way === 'remote' && nearless(id, subject)),
      });
      await bench.with((testbeds) => measured(bench, testbeds, way), { environment });
    }
  },
};

/** A measure of what recording costs, in per cent of what there is without. */
function cost(name) {
  return { name, unit: '%', better: 'less', targets: [{ subject: 'larder', limit: LIMIT }] };
}

/** Measures one way to read. */
async function measured(bench, testbeds, way) {
  const population = { name: `recording-${way}`, count: ENTRIES, size: SIZE };
  const { rounds, warmUp, window } = bench.pace;
  const { title, perRequest, inFlight } = WAYS[way];
  const read = ({ b }, how) => b.ask('read', { population, perRequest, inFlight, ...how });
  const [{ version }] = Object.values(bench.subjects);
  for (const [id, turn] of Object.entries(TURNS))
    bench.results.enter(id, { ...turn, kind: 'larder', version });
  await bench.each(testbeds, 'fill', ({ a }) => a.ask('write', { population }));
  await bench.probe(testbeds);
  await bench.each(testbeds, 'warm up', (testbed) => read(testbed, warmUp));

  const turn = async (testbed, id, { ms, busy }) => {
    const recording = id === 'larder';
    await testbed.b.ask('record', { recording });
    const [seen] = await Promise.all([
      read(testbed, { ms }),
      busy && recording && testbed.b.ask('record', { recording, reported: true }),
      busy && recording && looks(testbed.store.url, ms),
    ]);
    bench.results.checked(id, seen);
    return seen;
  };
  const pair = async (testbed, turned, how) => {
    const ids = turned ? Object.keys(TURNS).reverse() : Object.keys(TURNS);
    const seen = {};
    for (const id of ids) seen[id] = await turn(testbed, id, how);
    return seen;
  };
  const pairs = { usual: [], busy: [] };
  const [usual, busy] = [{ ms: window / 3 }, { ms: (window * 4) / 3, busy: true }];
  await bench.interleave(
    testbeds,
    `read: ${way}`,
    async (testbed, round) => {
      const turned = round % 2 === 1;
      pairs.usual.push(await pair(testbed, turned, usual));
      if (round % BUSY === 0) pairs.busy.push(await pair(testbed, round % (2 * BUSY) > 0, busy));
    },
    rounds * PAIRS,
  );
  if (testbeds.some(({ failure }) => failure)) return;
  for (const seen of pairs.usual) {
    for (const id of Object.keys(TURNS)) {
      bench.results.sample(`${way}-rate`, id, seen[id].perSecond);
      bench.results.sample(`${way}-cpu`, id, seen[id].cpu);
    }
  }
  const share = busy.ms / REPORTED;
  const noted = (measure, what, costOf) => {
    const [one, other] = [pairs.usual, pairs.busy].map((of) => of.map(costOf));
    const both = (a, b) => (1 - share) * a + share * b;
    for (const sample of one) bench.results.sample(measure, 'larder', both(sample, median(other)));
    const [least, most] = [0, 1].map((end) =>
      both(medianWithin(one)[end], medianWithin(other)[end]),
    );
    bench.results.note(
      `${title}, ${what} of ${one.length} pairs of turns: with 95 % certainty ${least.toFixed(1)} to ${most.toFixed(1)} % ` +
        `(in usual turns ${median(one).toFixed(1)} %, in ${other.length} pairs of busy ones ${median(other).toFixed(1)} %)`,
    );
  };
  const ratio = (of, { larder, 'larder-silent': silent }) => larder[of] / silent[of];
  noted(`${way}-fewer`, 'fewer by', (seen) => 100 * (1 - ratio('perSecond', seen)));
  noted(`${way}-more`, 'more Node CPU', (seen) => 100 * (ratio('cpu', seen) - 1));
}

/** Somebody who looks at a server, again and again within so many milliseconds. */
async function looks(url, ms) {
  for (let look = 0; look < LOOKS; look++) {
    const next = new Promise((resolve) => setTimeout(resolve, ms / (LOOKS + 1)));
    for (const page of ['/metrics', '/v1/overview']) {
      const answer = await fetch(url + page);
      if (!answer.ok) throw new Error(`${page}: ${answer.status}`);
      await answer.text();
    }
    await next;
  }
}
