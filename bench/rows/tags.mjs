import { writeTogether } from '../measurement/testbed.mjs';
import { PEERS, nearless } from '../subjects/index.mjs';

/** How many entries have the tag. */
const SIZES = [100, 10_000, 1_000_000];

/** The same in a quick run. */
const QUICK_SIZES = [100, 10_000, 100_000];

/** Bytes of each of these many entries. */
const SIZE = 200;

/** Tags all of these entries have, so that there is something to invalidate more than once. */
const TAGS = 5;

/** Milliseconds an invalidation may take before the subject is out. */
const TIMEOUT = 60_000;

/**
 * What it costs to invalidate a tag that many entries have.
 *
 * @type {import('../measurement/row.mjs').Row}
 */
export default {
  name: 'tags',
  title: 'Invalidating a tag that many entries have',
  work:
    `Instances A and B store 100, 10,000 and 1,000,000 entries (100,000 in a quick run) of ${SIZE} bytes, which have ${TAGS} tags in common, ` +
    'and A invalidates these one after the other; the time until each is acknowledged. Whoever deletes entries has most to do for the first, which is the ' +
    'most of the spread. After each B must not be given an entry that had the tag.',
  measures: [
    { name: '100', title: '100 entries', unit: 'ms', better: 'less' },
    { name: '10000', title: '10,000 entries', unit: 'ms', better: 'less' },
    { name: '100000', title: '100,000 entries', unit: 'ms', better: 'less' },
    { name: '1000000', title: '1,000,000 entries', unit: 'ms', better: 'less' },
    {
      name: 'ends',
      title: 'most entries against fewest',
      unit: '×',
      better: 'less',
      targets: [{ subject: 'larder', limit: 2 }],
    },
  ],
  subjects: ['larder', 'larder-redis', ...PEERS],

  /**
   * Has each subject store and invalidate more and more entries, with nothing else running.
   *
   * @param {import('../measurement/bench.mjs').Bench} bench
   */
  async run(bench) {
    const sizes = bench.quick ? QUICK_SIZES : SIZES;
    const curves = [];
    // One after the other, since a million entries of each would not fit at the same time.
    for (const id of Object.keys(bench.subjects)) {
      await bench.with(
        async (testbeds) => {
          const points = [];
          await bench.each(testbeds, 'tags', async (testbed) => {
            for (const count of sizes)
              points.push([count, await invalidated(bench, testbed, count)]);
            bench.results.sample('ends', id, points.at(-1)[1] / points[0][1]);
          });
          if (points.length > 1) curves.push({ subject: bench.subjects[id].name, points });
        },
        { only: [id], environment: nearless },
      );
    }
    bench.results.curve({
      name: 'tags',
      title: 'Invalidating a tag, by how many entries have it',
      x: 'entries with the tag',
      y: 'ms until acknowledged (median)',
      series: curves,
    });
  },
};

/**
 * The median of the milliseconds it takes to invalidate a tag that `count` entries have.
 *
 * @param {import('../measurement/bench.mjs').Bench} bench
 * @param {import('../measurement/testbed.mjs').Testbed} testbed
 * @param {number} count
 * @throws {Error} when one is still served that had the tag
 */
async function invalidated(bench, { id, subject, a, b }, count) {
  const name = `tagged-${count}`;
  const tags = Array.from({ length: TAGS }, (_, i) => `${name}-tag-${i}`);
  const population = { name, count, size: SIZE, tags };
  bench.say(`${subject.name}: store ${count} entries`);
  await writeTogether({ a, b }, { population, inFlight: 128 }, 20 * TIMEOUT);
  const took = [];
  for (const tag of tags) {
    bench.say(`${subject.name}: invalidate ${tag} of ${count} entries`);
    const one = { ...population, name: `${name}-of-${tag}`, count: 1, tags: [tag] };
    await a.ask('write', { population: one });
    const before = await b.ask('readOne', { population: one });
    if (before.state !== 'hit') throw new Error(`an entry that was stored was a ${before.state}`);
    const { began, ended } = await a.ask('invalidate', { tags: [tag] }, TIMEOUT);
    took.push((ended - began) / 1000);
    bench.results.sample(`${count}`, id, (ended - began) / 1000);
    const { state } = await b.ask('readOne', { population: one });
    if (state !== 'miss') throw new Error(`what has a tag of ${count} entries is still served`);
  }
  took.sort((one, other) => one - other);
  return took[Math.floor(took.length / 2)];
}
