import { PEERS, nearless } from '../subjects/index.mjs';

/** Bytes of a value, by the kilobytes it is called after. */
const SIZES = { 10: 10_000, 100: 100_000 };

/** Entries that are read in turn. */
const ENTRIES = 100;

/** Requests at a time, where there is more than one. */
const IN_FLIGHT = 32;

/** Why reads are not as far ahead as they were meant to be. */
const WHY =
  'at 10 KB the targets are about as far as bytes alone go. `ioredis GET` fetches them from Redis and does nothing else, no tags, no lifetimes, no stream; what it ' +
  'reaches is the limit of a client of this kind. Of the processor time of a read the request, the key, the stream ' +
  'and what drives them, which everybody needs, are a third (Next.js built in), and `ws` with the codec most of the rest. At 100 KB Larder is ahead of `ioredis GET` as well: ' +
  'the system’s part is a fifth, the checksum of the value a seventh, and copies within the process a tenth. ' +
  '[0022](decisions/0022-what-passes-through-leaves-nothing-behind.md) has what was tried.';

/**
 * What this process has not read: the way to the store and back.
 *
 * @type {import('../measurement/row.mjs').Row}
 */
export default {
  name: 'remote',
  title: 'Reading what another process has generated',
  work:
    'Instance B reads what A generated, one read per request, with nothing kept in the process (Larder ' +
    'with `LARDER_NEAR_CACHE=0`, nimpl with an LRU of one byte). *Sequential*: one request after the other, the median of all of ' +
    'a round. *In flight*: 32 requests at all times, reads per second, and processor time of the Node.js process per read. Next.js’ own handler, ' +
    'which reads its own memory, shows what of that is the driving itself.',
  measures: Object.keys(SIZES).flatMap((kilobytes) => {
    const targets = { 10: [1, 3, 0.4], 100: [0.7, 3] }[kilobytes];
    const target = (limit) => (limit ? { targets: compared(limit) } : {});
    return [
      {
        name: `p50-${kilobytes}`,
        title: `${kilobytes} KB, sequential`,
        unit: 'ms',
        better: 'less',
        ...target(targets[0]),
      },
      {
        name: `rate-${kilobytes}`,
        title: `${kilobytes} KB, ${IN_FLIGHT} in flight`,
        unit: '/s',
        better: 'more',
        targets: [...compared(targets[1]), { subject: 'larder-redis', against: 'peers', limit: 1 }],
      },
      {
        name: `cpu-${kilobytes}`,
        title: `${kilobytes} KB, Node CPU per read`,
        unit: 'µs',
        better: 'less',
        ...target(targets[2]),
      },
    ];
  }),
  subjects: ['larder', 'larder-redis', ...PEERS, 'built-in', 'raw'],

  /**
   * Fills from A, and has B of each subject read both sizes in turn, one at a time and many.
   *
   * @param {import('../measurement/bench.mjs').Bench} bench
   */
  async run(bench) {
    await bench.with(
      async (testbeds) => {
        const population = (kilobytes) => ({
          name: `remote-${kilobytes}`,
          count: ENTRIES,
          size: SIZES[kilobytes],
        });
        await bench.each(testbeds, 'fill', async ({ a }) => {
          for (const kilobytes of Object.keys(SIZES)) {
            await a.ask('write', { population: population(kilobytes) });
          }
        });
        await bench.probe(testbeds);
        const read = ({ b }, kilobytes, inFlight, how) =>
          b.ask('read', { population: population(kilobytes), inFlight, ...how });
        const { warmUp, window, runIn } = bench.pace;
        const measured = async (testbed, kilobytes, inFlight) => {
          await read(testbed, kilobytes, inFlight, { ms: runIn });
          return read(testbed, kilobytes, inFlight, { ms: window });
        };
        await bench.each(testbeds, 'warm up', async (testbed) => {
          for (const kilobytes of Object.keys(SIZES)) {
            const least = warmUp.least / (kilobytes / 10);
            await read(testbed, kilobytes, IN_FLIGHT, { ...warmUp, least });
            await read(testbed, kilobytes, 1, { ...warmUp, least: least / 10 });
          }
        });
        await bench.interleave(testbeds, 'read', async (testbed) => {
          for (const kilobytes of Object.keys(SIZES)) {
            const one = await measured(testbed, kilobytes, 1);
            bench.results.sample(`p50-${kilobytes}`, testbed.id, one.p50);
            const many = await measured(testbed, kilobytes, IN_FLIGHT);
            bench.results.sample(`rate-${kilobytes}`, testbed.id, many.perSecond);
            bench.results.sample(`cpu-${kilobytes}`, testbed.id, many.cpu);
            for (const seen of [one, many]) bench.results.checked(testbed.id, seen);
          }
        });
      },
      { environment: nearless },
    );
  },
};

/**
 * What Larder is to reach: so many times the best of the peers.
 *
 * @param {number} limit
 * @returns {import('../measurement/row.mjs').Target[]}
 */
function compared(limit) {
  return [{ subject: 'larder', against: 'peers', limit, why: WHY }];
}
