import { setTimeout as pause } from 'node:timers/promises';

/** Milliseconds without a generation after which a burst is over. */
const QUIET = 1000;

/** Seconds for which what is to go stale is fresh. */
const SHORT = 2;

/**
 * What came of bursts of one kind.
 *
 * @typedef {{ generations: number[], stale: number, failures: number, slowest: number }} Burst
 *   `generations` of each burst, `stale` answers that were older than an acknowledged edit, and the
 *   `slowest` answer in ms
 */

/**
 * Asks all instances at once for the same item, again and again for items of their own: ones that
 * nobody has generated, ones whose time to be generated again has come, and ones that were edited.
 *
 * @param {import('./instances.mjs').Instances} instances
 * @param {import('./origin.mjs').Origin} origin
 * @param {{ times: number, each: number, progress: (line: string) => void }} work how often, and with
 *   how many requests to `each` instance
 * @returns {Promise<{ cold: Burst, due: Burst, edited: Burst }>}
 */
export async function bursts(instances, origin, { times, each, progress }) {
  const came = { cold: nothing(), due: nothing(), edited: nothing() };
  for (let i = 0; i < times; i++) {
    progress(`burst ${i + 1} of ${times}`);
    const once = (kind, id) => burst(instances, origin, { id, each, came: came[kind] });
    await once('cold', `3600-cold-${i}`);

    const due = `${SHORT}-due-${i}`;
    await instances.all[0].item(due);
    await origin.quiet(QUIET);
    await pause(SHORT * 1000);
    await once('due', due);

    const edited = `3600-edited-${i}`;
    for (const instance of instances.all) await instance.item(edited);
    await origin.quiet(QUIET);
    origin.edit(edited);
    await instances.all[i % instances.all.length].edit(edited);
    await once('edited', edited);
  }
  return came;
}

const nothing = () => ({ generations: [], stale: 0, failures: 0, slowest: 0 });

async function burst(instances, origin, { id, each, came }) {
  const before = origin.generations(id).length;
  const began = performance.now();
  const requests = instances.all.flatMap((instance) =>
    Array.from({ length: each }, async () => {
      try {
        const { version } = await instance.item(id);
        if (version < origin.version(id)) came.stale++;
      } catch {
        came.failures++;
      }
      came.slowest = Math.max(came.slowest, performance.now() - began);
    }),
  );
  await Promise.all(requests);
  await origin.quiet(QUIET);
  came.generations.push(origin.generations(id).length - before);
}
