import { setTimeout as pause } from 'node:timers/promises';
import { PEERS, nearless } from '../subjects/index.mjs';

/** What is read: stored and read before the stall, and not kept in the process. */
const POPULATION = { name: 'stalled', count: 20, size: 10_000 };

/** Reads that count as the first few. */
const FIRST = 5;

/** Reads in all while the store does not answer. */
const READS = 15;

/** Milliseconds one of them may take. */
const TIMEOUT = 12_000;

/**
 * What a read costs while the store hangs.
 *
 * @type {import('../measurement/row.mjs').Row}
 */
export default {
  name: 'stall',
  title: 'Reading while the store hangs',
  work:
    'What instance B reads is stored and can be read; then the store is stopped in its tracks (SIGSTOP), and B makes ' +
    `${READS} requests with one read each, one after the other, of entries this process does not keep. Whatever they are answered with, they wait: the ` +
    `longest of the first ${FIRST}, and the median of those after that. A read that has not ended within ${TIMEOUT / 1000} s ends the row for its subject.`,
  measures: [
    {
      name: 'first',
      title: `longest of the first ${FIRST}`,
      unit: 'ms',
      better: 'less',
      targets: [{ subject: 'larder', limit: 100 }],
    },
    {
      name: 'after',
      title: 'median after that',
      unit: 'ms',
      better: 'less',
      targets: [{ subject: 'larder', limit: 1 }],
    },
  ],
  subjects: ['larder', 'larder-push', 'larder-redis', ...PEERS],

  /**
   * Stops the store of one subject at a time, reads, lets the store go on, and waits until B reads
   * it again, so that the next stall finds it as the first did.
   *
   * @param {import('../measurement/bench.mjs').Bench} bench
   */
  async run(bench) {
    await bench.with(
      async (testbeds) => {
        await bench.each(testbeds, 'fill', async ({ a, b }) => {
          await a.ask('write', { population: POPULATION });
          await b.ask('read', { population: POPULATION, ms: 500 });
        });
        await bench.interleave(
          testbeds,
          'stall',
          async (testbed) => {
            testbed.hanging.freeze();
            const took = [];
            try {
              for (let index = 0; index < READS; index++) {
                const call = { population: POPULATION, index: index % POPULATION.count };
                const { ms, state } = await testbed.b.ask('readOne', call, TIMEOUT);
                if (state === 'wrong') throw new Error('a wrong value was read');
                took.push(ms);
              }
            } finally {
              testbed.hanging.thaw();
            }
            const after = took.slice(FIRST).sort((one, other) => one - other);
            bench.results.sample('first', testbed.id, Math.max(...took.slice(0, FIRST)));
            bench.results.sample('after', testbed.id, after[Math.floor(after.length / 2)]);
            await recovered(testbed);
          },
          bench.quick ? 1 : 3,
        );
      },
      { environment: nearless },
    );
  },
};

/**
 * Waits until B is given something again.
 *
 * @throws {Error} when it is not within 15 s
 */
async function recovered({ b }) {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const { state } = await b.ask('readOne', { population: POPULATION });
    if (state === 'hit') return;
    if (performance.now() > deadline) throw new Error('nothing was read for 15 s after the stall');
    await pause(50);
  }
}
