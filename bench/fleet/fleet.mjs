import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../../examples/shop/e2e/support/temporary.mjs';
import { Instances, built } from './instances.mjs';
import { Origin } from './origin.mjs';

/** How many instances of Next.js a fleet has. */
export const SIZE = 4;

/** What a generation is like unless a row says otherwise: 10 KB. */
const BYTES = 10_000;

/**
 * A subject at work.
 *
 * @typedef {object} Fleet
 * @property {string} id of the subject
 * @property {Instances} instances of Next.js
 * @property {Origin} origin they generate from
 * @property {(what: string) => void} progress tells how it goes
 */

/** Where the app is built, once for all rows. @type {Promise<string> | undefined} */
let app;

/**
 * Lets each subject that takes part do the same with real instances of Next.js before it, one subject
 * after the other; what `work` throws puts the subject out.
 *
 * @param {import('../harness/bench.mjs').Bench} bench
 * @param {{ takes: number }} how milliseconds that a generation takes
 * @param {(fleet: Fleet) => Promise<void>} work
 */
export async function fleets(bench, { takes }, work) {
  bench.say('build the app');
  app ??= built(temporaryDirectory());
  const path = await app;
  for (const [id, subject] of Object.entries(bench.subjects)) {
    bench.results.enter(id, subject);
    const origin = new Origin({ delay: takes, bytes: BYTES });
    let deployment;
    let instances;
    try {
      bench.say(`start ${subject.name}`);
      await origin.start();
      const directory = join(temporaryDirectory(), id);
      mkdirSync(directory);
      deployment = await subject.deploy(directory);
      const how = { app: path, origin: origin.url, count: SIZE, cache: cacheOf(subject) };
      instances = await Instances.start(deployment, how);
      const progress = (what) => bench.say(`${subject.name}: ${what}`);
      await work({ id, instances, origin, progress });
    } catch (error) {
      bench.results.failed(id, error.message.split('\n')[0]);
      if (process.env.BENCH_TRACE) console.error(error, instances?.transcript);
    } finally {
      await Promise.all([instances?.stop(), origin.stop()]);
      await deployment?.stop();
    }
  }
}

/** Who makes `cacheHandlers` of the app's configuration. */
function cacheOf({ kind }) {
  if (kind === 'larder') return 'larder';
  return kind === 'limit' ? 'none' : 'handler';
}
