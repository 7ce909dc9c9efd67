import { setTimeout as pause } from 'node:timers/promises';
import { hold, within } from '../../fleet/finding.mjs';
import { scenarios } from '../../fleet/scenario.mjs';
import { tagsOfPath } from '../next/soft-tags.mjs';
import { GATHERED, isAnswered } from './expect.mjs';
import { shared } from './invalidation.mjs';

/** Milliseconds to wait for a generation that somebody else failed to finish. */
const TIMEOUT = 10_000;

/** Milliseconds a generation goes on after an invalidation has made what it ends with useless. */
const LEFT = 3000;

/** Stale after a second, and kept for minutes. */
const SHORT = { stale: 300, revalidate: 1, expire: 300 };

/** However many ask, one generates; and when it fails, nobody waits for it. */
export const singleFlight = scenarios('One generation', (holds) => {
  for (const next of ['16.4', '16.2']) {
    holds(
      `Ten cold requests on each of two instances of Next.js ${next} are one generation`,
      'wish: vercel/next.js#85470',
      async (fleet) => {
        const call = { key: fleet.key() };
        fleet.origin.put(call.key, 'value');
        const release = fleet.origin.hold(call.key);
        const answers = crowd(fleet, call);
        await fleet.origin.began(call.key);
        await pause(GATHERED);
        release();
        for (const seen of await answers) isAnswered(seen, 'value', 'a reader');
        asked(fleet, call, 1);
      },
      { next },
    );

    holds(
      `Ten requests on each of two instances of Next.js ${next} for something stale are one generation, and wait for none`,
      'wish: vercel/next.js#85470',
      async (fleet) => {
        const began = performance.now();
        const call = await fleet.seed(fleet.a, 'old', { life: SHORT });
        fleet.origin.put(call.key, 'new');
        await fleet.aged(1.4, began);
        const release = fleet.origin.hold(call.key);
        try {
          const answers = await within(
            crowd(fleet, call),
            5000,
            'readers were made to wait for the generation',
          );
          for (const seen of answers) isAnswered(seen, 'old', 'a reader');
        } finally {
          release();
        }
        await Promise.all([fleet.stored(fleet.a), fleet.stored(fleet.b)]);
        asked(fleet, call, 2);
      },
      { next },
    );
  }

  holds(
    'When the instance that generates is killed, another one generates, and only one',
    'wish: vercel/next.js#85470',
    async (fleet) => {
      const c = await fleet.join('C');
      const call = { key: fleet.key() };
      fleet.origin.put(call.key, 'value');
      const release = fleet.origin.hold(call.key);
      const lost = c.read(call).catch((error) => error);
      await fleet.origin.began(call.key);
      const waiting = crowd(fleet, call);
      await pause(GATHERED);
      await c.kill();
      await lost;
      await fleet.origin.began(call.key, 2);
      await pause(GATHERED);
      release();
      for (const seen of await waiting) isAnswered(seen, 'value', 'a reader');
      asked(fleet, call, 2);
    },
  );

  holds(
    'When a generation throws, whoever waits for it on another instance generates',
    'use-cache-wrapper.js, collectResult',
    async (fleet) => {
      fleet.apart();
      const call = { key: fleet.key() };
      fleet.origin.put(call.key, 'half', { failure: 'the database went away' });
      const release = fleet.origin.hold(call.key);
      const failing = fleet.a.read(call).catch((error) => error);
      await fleet.origin.began(call.key);
      fleet.origin.put(call.key, 'whole');
      const waiting = fleet.b.read(call);
      await pause(GATHERED);
      release();
      hold((await failing) instanceof Error, 'the failed generation was answered');
      isAnswered(await within(waiting, TIMEOUT, 'B was still waiting after 10 s'), 'whole');
    },
  );

  for (const [how, what] of [
    ['updateTag', (fleet) => [fleet.tag()]],
    ['revalidatePath', (fleet) => tagsOfPath(fleet.path())],
  ]) {
    holds(
      `Who asks after ${how} does not wait for a generation that began before it on another instance`,
      'wish; use-cache-wrapper.js, startTime: what it ends with is not served',
      async (fleet) => {
        fleet.apart();
        const on = { path: fleet.path() };
        const call = await shared(fleet, { tags: [fleet.tag()] }, on);
        await fleet.a.invalidate(call.tags);
        fleet.origin.put(call.key, 'outdated');
        const end = fleet.origin.hold(call.key);
        const outdated = fleet.a.read(call, on);
        try {
          await fleet.origin.began(call.key, 2);
          fleet.origin.pass(call.key);
          fleet.origin.put(call.key, 'new');
          await fleet.tick();
          await fleet.b.invalidate(what(fleet));
          const reading = fleet.b.read(call, on);
          const waited = `B was still waiting after ${LEFT / 1000} s for what it could not be given`;
          isAnswered(await within(reading, LEFT, waited), 'new');
        } finally {
          end();
          await outdated;
        }
      },
    );
  }

  holds(
    'When a generation is abandoned without `set`, nobody waits for it longer than 10 s',
    'use-cache-wrapper.js: prerender-dynamic',
    async (fleet) => {
      const call = { key: fleet.key() };
      fleet.origin.put(call.key, '', { abandoned: true });
      await fleet.a.read(call);
      fleet.origin.put(call.key, 'value');
      isAnswered(
        await within(fleet.b.read(call), TIMEOUT, 'B was still waiting after 10 s'),
        'value',
      );
    },
  );
});

/** Ten requests on each of A and B. As near to one moment as two processes are asked. */
function crowd({ a, b }, call) {
  return Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? a : b).read(call)));
}

/** Finds that a key was generated more often, or less, than it had to be. */
function asked(fleet, { key }, times) {
  const seen = fleet.origin.asked(key);
  hold(seen === times, `it was generated ${seen} times instead of ${times}`);
}
