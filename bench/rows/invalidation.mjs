import { setTimeout as pause } from 'node:timers/promises';
import { staleness } from '../measurement/staleness.mjs';
import { percentile } from '../measurement/statistics.mjs';
import { PEERS } from '../subjects/index.mjs';

/** What is read and invalidated: so few that each is read again soon after it was invalidated. */
const POPULATION = { name: 'edited', count: 8, size: 10_000 };

/** Readers of the other instance, each with one request at a time. */
const READERS = 4;

/** Milliseconds between invalidations. */
const REST = 5;

/** Milliseconds after the last invalidation for which reads are still noted. */
const AFTERMATH = 1500;

/**
 * How long what was invalidated goes on being served somewhere else.
 *
 * @type {import('../measurement/row.mjs').Row}
 */
export default {
  name: 'invalidation',
  title: 'Invalidating what another process serves',
  work:
    `${READERS} readers of instance B go through ${POPULATION.count} entries of 10 KB, one request after the other, and generate what they miss; ` +
    'meanwhile, and once all of that is warmed up, A invalidates one entry after the other by its tag, 1,000 times (200 in a quick run). A read is *stale* if it began ' +
    'after the acknowledgement and was given what had been generated before the call. *Visible* is the time from the call on A to the end of the first ' +
    'read on B that began after it and was not given that.',
  measures: [
    {
      name: 'stale',
      title: 'stale reads',
      unit: '',
      better: 'less',
      targets: [{ subject: 'larder', limit: 0 }],
    },
    {
      name: 'p50',
      title: 'visible, p50',
      unit: 'ms',
      better: 'less',
      targets: [{ subject: 'larder-push', limit: 5 }],
    },
    {
      name: 'p99',
      title: 'visible, p99',
      unit: 'ms',
      better: 'less',
      targets: [{ subject: 'larder-push', limit: 50 }],
    },
    { name: 'acknowledged', title: 'acknowledged, p50', unit: 'ms', better: 'less' },
  ],
  subjects: ['larder', 'larder-push', 'larder-redis', ...PEERS],

  /**
   * Warms both instances up with the same work, then invalidates while B reads. What was read is
   * kept by B and looked through afterwards, so that looking takes no processor time from reading.
   *
   * @param {import('../measurement/bench.mjs').Bench} bench
   */
  async run(bench) {
    const rounds = bench.quick ? 1 : 4;
    const times = bench.quick ? 200 : 250;
    await bench.with(async (testbeds) => {
      await bench.each(testbeds, 'fill', ({ a }) => a.ask('write', { population: POPULATION }));
      await bench.each(testbeds, 'warm up', async ({ a, b }) => {
        await b.ask('read', { population: POPULATION, inFlight: READERS, ...bench.pace.warmUp });
        await b.ask('watch', { population: POPULATION, inFlight: READERS });
        const { ms } = bench.pace.warmUp;
        const until = performance.now() + ms;
        for (let i = 0; performance.now() < until; i++) {
          await a.ask('invalidate', { tags: [`${POPULATION.name}-${i % POPULATION.count}`] });
        }
        await b.ask('watched');
      });
      await bench.interleave(
        testbeds,
        `${times} invalidations under load`,
        async ({ id, a, b }) => {
          await b.ask('watch', { population: POPULATION, inFlight: READERS });
          const invalidations = [];
          for (let i = 0; i < times; i++) {
            const index = i % POPULATION.count;
            const tags = [`${POPULATION.name}-${index}`];
            invalidations.push({ index, ...(await a.ask('invalidate', { tags })) });
            await pause(REST);
          }
          await pause(AFTERMATH);
          const seen = staleness(invalidations, await b.ask('watched'));
          const acknowledged = invalidations
            .map(({ began, ended }) => (ended - began) / 1000)
            .sort((one, other) => one - other);
          bench.results.checked(id, seen);
          const { unheeded, longest, wrong } = seen;
          bench.results.coherence(id, { tried: times, stale: unheeded, longest, wrong });
          bench.results.sample('stale', id, seen.stale);
          bench.results.sample('acknowledged', id, percentile(acknowledged, 0.5));
          const unseen = times - seen.visible.length;
          if (unseen > 0)
            bench.results.note(
              `${id}: ${unseen} of ${times} invalidations were not seen on B at all.`,
            );
          if (seen.visible.length === 0) throw new Error('no invalidation was seen on B');
          bench.results.sample('p50', id, percentile(seen.visible, 0.5));
          bench.results.sample('p99', id, percentile(seen.visible, 0.99));
        },
        rounds,
      );
    });
  },
};
