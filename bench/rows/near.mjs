import { PEERS } from '../subjects/index.mjs';

/** Bytes of a value, by the kilobytes it is called after. */
const SIZES = { 10: 10_000, 100: 100_000 };

/** Reads of a request. */
const READS = [1, 10, 50];

/** Entries each request takes its reads from. */
const ENTRIES = 50;

/** Each size with each number of reads: a column of the table. */
const cells = Object.entries(SIZES).flatMap(([kilobytes, size]) =>
  READS.map((perRequest) => ({ name: `${kilobytes}-${perRequest}`, kilobytes, size, perRequest })),
);

/**
 * What is read again and again: kept in the process, where a handler does that.
 *
 * @type {import('../measurement/row.mjs').Row}
 */
export default {
  name: 'near',
  title: 'Reading what this process has read before',
  work:
    'One request after the other on instance B reads entries that A generated and B has read: `refreshTags` once, ' +
    'for each read `get` and its stream to the end, `getExpiration` once. The reads of a request are made at the same time, as ' +
    'those of components next to each other. The median of all requests of a round, for the whole request.',
  subjects: [
    'larder',
    'larder-push',
    'larder-redis',
    'larder-http',
    ...PEERS,
    'nimpl-lru',
    'built-in',
    'raw',
  ],
  measures: cells.map(({ name, kilobytes, perRequest }) => ({
    name,
    title: `${kilobytes} KB, ${perRequest === 1 ? '1 read' : `${perRequest} reads`}`,
    unit: 'ms',
    better: 'less',
    targets: [
      ...(perRequest === 1 ? [{ subject: 'larder-push', against: 'peers', limit: 1.5 }] : []),
      ...(perRequest === 10 ? [{ subject: 'larder', against: 'coherent peers', limit: 1 }] : []),
    ],
  })),

  /**
   * Fills from A, has B read everything until its code is compiled and its copies are kept, and
   * measures each cell in turn.
   *
   * @param {import('../measurement/bench.mjs').Bench} bench
   */
  async run(bench) {
    await bench.with(async (testbeds) => {
      const populations = new Map(
        Object.values(SIZES).map((size) => [size, { name: `near-${size}`, count: ENTRIES, size }]),
      );
      await bench.each(testbeds, 'fill', async ({ a }) => {
        for (const population of populations.values()) await a.ask('write', { population });
      });
      await bench.probe(testbeds);
      const read = ({ b }, { size, perRequest }, how) =>
        b.ask('read', { population: populations.get(size), perRequest, ...how });
      const { ms, least } = bench.pace.warmUp;
      await bench.each(testbeds, 'warm up', async (testbed) => {
        for (const cell of cells) await read(testbed, cell, { ms: ms / 2, least: least / 4 });
      });
      await bench.interleave(testbeds, 'read', async (testbed) => {
        for (const cell of cells) {
          const seen = await read(testbed, cell, { ms: bench.pace.window / 2 });
          bench.results.sample(cell.name, testbed.id, seen.p50);
          bench.results.checked(testbed.id, seen);
        }
      });
    });
  },
};
