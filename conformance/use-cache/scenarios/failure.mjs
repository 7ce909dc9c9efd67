import { setTimeout as pause } from 'node:timers/promises';
import { hold } from '../../fleet/finding.mjs';
import { scenarios } from '../../fleet/scenario.mjs';
import { isAnswered, isHit } from './expect.mjs';
import { shared } from './invalidation.mjs';

/** Milliseconds a call may take while the store does not answer. */
const BOUND = 2000;

/** Milliseconds it may add to a request once it is known that the store does not answer. */
const KNOWN = 50;

/** Milliseconds of an outage in which a handler notices it. */
const NOTICED = 3000;

/**
 * How a store fails, and how that ends: frozen it takes requests and says nothing, dead it refuses
 * them.
 */
const outages = {
  'is frozen': { begin: (store) => store.freeze(), end: (store) => store.thaw() },
  'is dead': { begin: (store) => store.kill(), end: (store) => store.start() },
};

/** A store that fails costs hits, never a page, and never the truth. */
export const failure = scenarios(
  'Failure',
  (holds) => {
    for (const [fails, outage] of Object.entries(outages)) {
      holds(
        `While the store ${fails}, no call but updateTags fails, and each takes at most two seconds`,
        'vercel/next.js#98716',
        async (fleet) => {
          const known = await shared(fleet);
          await during(fleet, outage, async () => {
            for (const call of [known, { key: fleet.key('unknown') }]) {
              fleet.origin.put(call.key, 'generated');
              bounded((await fleet.b.read(call, { settle: true })).calls);
            }
            bounded((await fleet.b.call('getExpiration', [fleet.tag()])).calls);
          });
        },
      );

      holds(
        `While the store ${fails}, it soon costs a request less than ${KNOWN} ms`,
        'wish: vercel/next.js#98716',
        async (fleet) => {
          await shared(fleet);
          await during(fleet, outage, async () => {
            const took = [];
            for (let i = 0; i < 20; i++) {
              const { calls } = await fleet.b.read({ key: fleet.key(`${i}`) });
              bounded(calls);
              took.push(calls.reduce((sum, { ms }) => sum + (ms ?? 0), 0));
            }
            const later = took.slice(10).sort((one, other) => one - other);
            const median = Math.round(later[later.length / 2]);
            hold(
              median < KNOWN,
              `after ten requests it still cost half of them ${median} ms or more`,
            );
          });
        },
      );

      holds(
        `While the store ${fails}, updateTags does not claim what did not happen`,
        'vercel/next.js#98716',
        async (fleet) => {
          const call = await shared(fleet, { tags: [fleet.tag()] });
          const claim = await during(fleet, outage, () =>
            fleet.a.invalidate(call.tags).then(
              () => 'answered as done',
              ({ message }) => {
                hold(!message.includes('did not settle'), 'updateTags did not settle within 12 s');
                return 'refused';
              },
            ),
          );
          if (claim === 'refused') return;
          const c = await fleet.join('C');
          const seen = await c.read(call);
          hold(
            seen.value.toString() === 'new',
            'it was answered as done, and the entry was served afterwards',
          );
        },
      );

      holds(
        `After the store ${fails.replace('is ', 'was ')}, instances share again within ten seconds`,
        'wish: vercel/next.js#98716',
        async (fleet) => {
          await shared(fleet);
          await during(fleet, outage, async () => {
            const asking = [fleet.a, fleet.b].flatMap((one) =>
              ['one', 'two', 'three'].map((name) => one.read({ key: fleet.key(name) })),
            );
            await Promise.race([Promise.allSettled(asking), pause(NOTICED)]);
          });
          const deadline = performance.now() + 10_000;
          for (const [from, to] of [
            [fleet.a, fleet.b],
            [fleet.b, fleet.a],
          ]) {
            for (let i = 0; ; i++) {
              const call = await fleet.seed(from, 'value', { key: fleet.key(`${from.name} ${i}`) });
              const { outcome } = await to.read(call);
              if (outcome !== 'generated') break;
              hold(
                performance.now() < deadline,
                `${to.name} did not find what ${from.name} generated`,
              );
            }
          }
        },
      );

      holds(
        `An instance that starts while the store ${fails} answers its first request in time`,
        'vercel/next.js#98716',
        async (fleet) => {
          await during(fleet, outage, async () => {
            const c = await fleet.launch('C');
            bounded((await c.read({ key: fleet.key() }, { settle: true })).calls);
          });
        },
      );
    }

    holds(
      '`next build` without a store: every call returns, and none but updateTags fails',
      'docs: cacheHandlers; trieb-work/nextjs-turbo-redis-cache#32',
      async (fleet) => {
        await during(fleet, outages['is dead'], async () => {
          const c = await fleet.launch('C', { NEXT_PHASE: 'phase-production-build' });
          const how = { reader: 'prerender', settle: true };
          bounded((await c.read({ key: fleet.key() }, how)).calls);
        });
      },
    );

    holds(
      'An invalidation that was done is still in force after the store was killed',
      'docs: updateTag',
      async (fleet) => {
        const { store } = fleet;
        const call = await shared(fleet, { tags: [fleet.tag()] });
        await fleet.a.invalidate(call.tags);
        await store.kill();
        await store.start();
        const c = await fleet.join('C');
        isAnswered(await c.read(call), 'new', 'C');
      },
    );

    holds('What was stored is still there after the store was killed', 'wish', async (fleet) => {
      const { store } = fleet;
      const call = await shared(fleet);
      await store.kill();
      await store.start();
      const c = await fleet.join('C');
      isHit(await c.read(call), 'old', 'C');
    });
  },
  { fresh: true },
);

/**
 * Does something while the store fails, which it does no longer afterwards, whatever came of that.
 */
async function during({ store }, { begin, end }, body) {
  await begin(store);
  try {
    return await body();
  } finally {
    await end(store);
  }
}

/** Finds a call that failed or took too long. */
function bounded(calls) {
  for (const { method, ms, failed } of calls) {
    hold(!failed, failed);
    hold(ms < BOUND, `${method} took ${Math.round(ms)} ms`);
  }
}
