import { setTimeout as pause } from 'node:timers/promises';

/** Milliseconds without a generation after which a burst is over. */
const QUIET = 1000;

/** Seconds for which what is to go stale is fresh. */
const SHORT = 2;

/** Milliseconds after the end of its time by which it is certainly over. */
const MARGIN = 500;

/** Seconds for which everything else is. */
const LONG = 3600;

/**
 * What came of the bursts of one kind.
 *
 * @typedef {object} Bursts
 * @property {number} most generations of any of them
 * @property {number} slowest answer of all, in ms
 * @property {number} answers
 * @property {number} stale answers that were older than an acknowledged edit
 */

/**
 * Asks all instances at once for the same item, again and again for items of their own: ones that
 * nobody has generated, ones whose time to be generated again has come, and ones that were edited.
 *
 * @param {import('./fleet.mjs').Fleet} fleet
 * @param {{ times: number, each: number }} work how often, and with how many requests to `each`
 *   instance
 * @returns {Promise<{ cold: Bursts, due: Bursts, edited: Bursts }>}
 */
export async function bursts({ instances, origin, progress }, { times, each }) {
  const nothing = () => ({ most: 0, slowest: 0, answers: 0, stale: 0 });
  const came = { cold: nothing(), due: nothing(), edited: nothing() };
  for (let i = 0; i < times; i++) {
    progress(`burst ${i + 1} of ${times}`);
    const [due, edited] = [`${SHORT}-due-${i}`, `${LONG}-edited-${i}`];
    for (const instance of instances.all) await instance.item(edited);
    await instances.all[0].item(due);
    const aged = pause(SHORT * 1000 + MARGIN);
    // Counted by item; what ages meanwhile is asked for by nobody.
    await burst(instances, origin, `${LONG}-cold-${i}`, each, came.cold);
    await aged;
    await burst(instances, origin, due, each, came.due);

    origin.edit(edited);
    await instances.all[i % instances.all.length].edit(edited);
    await burst(instances, origin, edited, each, came.edited);
  }
  return came;
}

async function burst(instances, origin, id, each, came) {
  const before = origin.generations(id);
  const began = performance.now();
  const requests = instances.all.flatMap((instance) =>
    Array.from({ length: each }, async () => {
      const { version } = await instance.item(id);
      came.answers++;
      if (version < origin.version(id)) came.stale++;
      came.slowest = Math.max(came.slowest, performance.now() - began);
    }),
  );
  await Promise.all(requests);
  await origin.quiet(QUIET);
  came.most = Math.max(came.most, origin.generations(id) - before);
}
