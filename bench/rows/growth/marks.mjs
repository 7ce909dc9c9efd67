import { median } from '../../measurement/statistics.mjs';
import { nearless } from '../../subjects/index.mjs';

/** Tags of each entry. */
const TAGS = [1, 4, 16, 64];

/** Tags that were invalidated before. */
const MARKS = [0, 1_000, 10_000, 100_000];

/** The same in a quick run. */
const QUICK_MARKS = [0, 1_000, 10_000];

/** How many entries are read in turn. */
const COUNT = 100;

/** Bytes of each of them. */
const SIZE = 1_000;

/** Tags invalidated with one call. */
const TOGETHER = 100;

/**
 * How reading grows with tags: with those of an entry, and with those invalidated before.
 *
 * @type {import('../../measurement/row.mjs').Row}
 */
export default {
  name: 'marks',
  title: 'By the number of tags',
  work:
    `Instance B reads ${COUNT} entries of ${SIZE} bytes, 32 requests at a time and with nothing kept in the process: entries with 1, 4, 16 and 64 tags, and entries with one ` +
    'tag after 0, 1,000, 10,000 and 100,000 other tags were invalidated (10,000 in a quick run).',
  measures: [
    { name: 'tags', title: 'reads per second, 64 tags against 1', unit: '×', better: 'more' },
    { name: 'marks', title: '…, most invalidated tags against none', unit: '×', better: 'more' },
  ],
  subjects: ['larder', 'official', 'leejpsd', 'mrjasonroy'],

  /**
   * Measures one cell of both curves after the other, the invalidations last: they stay, and would
   * count in what comes after them.
   *
   * @param {import('../../measurement/bench.mjs').Bench} bench
   */
  async run(bench) {
    const marks = bench.quick ? QUICK_MARKS : MARKS;
    const byTags = new Map();
    const byMarks = new Map();
    const populations = new Map(
      TAGS.map((tags) => [
        tags,
        {
          name: `tags-${tags}`,
          count: COUNT,
          size: SIZE,
          tags: Array.from({ length: tags }, (_, i) => `tag-${tags}-${i}-#`),
        },
      ]),
    );
    const rates = async (testbeds, population, what) => {
      const read = async ({ id, b }, how) => {
        const seen = await b.ask('read', { population, inFlight: 32, ...how });
        bench.results.checked(id, seen);
        return seen.perSecond;
      };
      const samples = new Map(testbeds.map(({ id }) => [id, []]));
      const { ms, least } = bench.pace.warmUp;
      // For each of many cells, the code of which is the same.
      await bench.each(testbeds, 'warm up', (testbed) =>
        read(testbed, { ms: ms / 3, least: least / 3 }),
      );
      await bench.interleave(testbeds, what, async (testbed) => {
        samples.get(testbed.id).push(await read(testbed, { ms: bench.pace.window / 2 }));
      });
      return [...samples].filter(([, all]) => all.length > 0);
    };
    await bench.with(
      async (testbeds) => {
        for (const { id } of testbeds) {
          byTags.set(id, []);
          byMarks.set(id, []);
        }
        await bench.each(testbeds, 'fill', async ({ a }) => {
          for (const population of populations.values()) await a.ask('write', { population });
        });
        for (const [tags, population] of populations) {
          for (const [id, samples] of await rates(testbeds, population, `read with ${tags} tags`)) {
            byTags.get(id).push([tags, median(samples)]);
          }
        }
        for (const [i, count] of marks.entries()) {
          const from = i === 0 ? 0 : marks[i - 1];
          await bench.each(testbeds, `invalidate ${count} tags`, async ({ a }) => {
            for (let at = from; at < count; at += TOGETHER) {
              const tags = Array.from({ length: TOGETHER }, (_, n) => `other-${at + n}`);
              await a.ask('invalidate', { tags });
            }
          });
          const what = `read after ${count} invalidations`;
          for (const [id, samples] of await rates(testbeds, populations.get(1), what)) {
            // A logarithmic axis has no 0.
            byMarks.get(id).push([Math.max(count, 100), median(samples)]);
          }
        }
        await bench.each(testbeds, 'compare', async ({ id }) => {
          const growth = (points) => points.at(-1)[1] / points[0][1];
          bench.results.sample('tags', id, growth(byTags.get(id)));
          bench.results.sample('marks', id, growth(byMarks.get(id)));
        });
      },
      { environment: nearless },
    );
    const series = (points) =>
      [...points].map(([id, all]) => ({ subject: bench.subjects[id].name, points: all }));
    bench.results.curve({
      name: 'tags-per-entry',
      title: 'Reads per second, by the tags of each entry',
      x: 'tags of each entry',
      y: 'reads per second, 32 in flight',
      series: series(byTags),
    });
    bench.results.curve({
      name: 'tags-invalidated',
      title: 'Reads per second, by the number of tags invalidated before',
      x: 'tags invalidated (leftmost: none)',
      y: 'reads per second, 32 in flight',
      series: series(byMarks),
    });
  },
};
