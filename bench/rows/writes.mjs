import { PEERS } from '../subjects/index.mjs';

/** Bytes of an entry. */
const SIZE = 10_000;

/** Entries at a time. */
const IN_FLIGHT = 32;

/** Why Larder is not ahead of the fastest peer. */
const WHY =
  'a put of Larder’s is acknowledged once it is in a database that survives `kill -9`, and is compressed on its way to the disk: its server takes more processor ' +
  'time for that than the Next.js process does, on the same two cores. A put of the others is acknowledged by a `redis-server` that holds it in memory and keeps nothing. Over Redis, Larder’s server ' +
  'stands between, and does with every put what makes it safe to serve (its tags, its revision, its lease). In the Next.js process two fifths of ' +
  'the time go to keeping a copy near, which the one ahead does not. What was tried: ' +
  '[0019](decisions/0019-the-database-compresses-values.md), [0022](decisions/0022-what-passes-through-leaves-nothing-behind.md).';

/**
 * Values that are generated and stored.
 *
 * @type {import('../measurement/row.mjs').Row}
 */
export default {
  name: 'writes',
  title: 'Storing what was generated',
  work:
    'Instance A stores new entries of 10 KB with 3 tags each, 32 at a time, until all are acknowledged: by the end of `set`, by ' +
    'Larder’s event, and where `set` ends earlier than that, by what B finds. Entries per second, and processor time ' +
    'of the Node.js process per entry. *Again* are the same entries, which are still fresh and which both instances keep: Larder tells everybody ' +
    'who keeps one that it is another now. It is measured by the end of `set` or by the event only.',
  measures: [
    {
      name: 'rate',
      title: '10 KB, 3 tags',
      unit: '/s',
      better: 'more',
      targets: [{ subject: 'larder', against: 'peers', limit: 1, why: WHY }],
    },
    { name: 'cpu', title: 'Node CPU per entry', unit: 'µs', better: 'less' },
    { name: 'again', title: '10 KB, again', unit: '/s', better: 'more' },
  ],
  subjects: ['larder', 'larder-redis', ...PEERS, 'raw'],

  /**
   * Writes entries nobody has seen, in each round others, until B finds the last of them; then the
   * same once more, which B has read.
   *
   * @param {import('../measurement/bench.mjs').Bench} bench
   */
  async run(bench) {
    const count = bench.quick ? 1000 : 5000;
    const { warmUp } = bench.pace;
    let written = 0;
    const write = async ({ a, b }, count) => {
      const population = { name: `written-${++written}`, count, size: SIZE };
      const began = performance.now();
      const { cpu } = await a.ask('write', { population, inFlight: IN_FLIGHT });
      // Should the handler say that it has stored them before it has.
      await found(b, population, count - 1);
      const took = performance.now() - began;
      for (let index = count - IN_FLIGHT; index < count; index++) {
        await found(b, population, index);
      }
      return { rate: (count / took) * 1000, cpu, population };
    };
    const writeAgain = async ({ a, b }, population) => {
      await b.ask('read', { population, ms: 0, least: population.count });
      const { ms } = await a.ask('write', { population, inFlight: IN_FLIGHT });
      return (population.count / ms) * 1000;
    };
    await bench.with(async (testbeds) => {
      await bench.probe(testbeds);
      await bench.each(testbeds, 'warm up', (testbed) => write(testbed, warmUp.least || count));
      await bench.interleave(testbeds, 'write', async (testbed) => {
        await write(testbed, count / 2);
        const { rate, cpu, population } = await write(testbed, count);
        bench.results.sample('rate', testbed.id, rate);
        bench.results.sample('cpu', testbed.id, cpu);
        bench.results.sample('again', testbed.id, await writeAgain(testbed, population));
        bench.results.checked(testbed.id, { reads: IN_FLIGHT });
      });
    });
  },
};

/**
 * Waits until B finds an entry.
 *
 * @param {import('../measurement/testbed.mjs').Testbed['b']} b
 * @param {import('../instance/population.mjs').Population} population
 * @param {number} index
 * @throws {Error} when it is not found within 5 s, or is another one
 */
async function found(b, population, index) {
  const deadline = performance.now() + 5000;
  for (;;) {
    const { state } = await b.ask('readOne', { population, index });
    if (state === 'hit') return;
    if (state === 'wrong') throw new Error('a value that was stored was read as another one');
    if (performance.now() > deadline)
      throw new Error('a value that was stored was not found in 5 s');
  }
}
