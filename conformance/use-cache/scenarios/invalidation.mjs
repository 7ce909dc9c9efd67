import { hold } from '../../fleet/finding.mjs';
import { scenarios } from '../../fleet/scenario.mjs';
import { tagsOfPath } from '../next/soft-tags.mjs';
import { isAnswered, isHit, isStale } from './expect.mjs';

/** What `revalidateTag(tag, 'max')` passes on: a year, in seconds. */
export const MAX = { expire: 31536000 };

/** Entries one tag of a large list page or catalogue has. */
const MANY = 10_000;

/**
 * Generates an entry of 'old' on A, which both then serve, and has it become 'new' when generated
 * again.
 *
 * @param {import('../../fleet/fleet.mjs').Fleet} fleet
 * @param {object} call what is said of the read: its tags, its life, another key
 * @param {object} how what is said of the request, such as its path
 * @returns {Promise<object>} the call, with its key
 */
export async function shared(fleet, call = {}, how = {}) {
  const seeded = await fleet.seed(fleet.a, 'old', call, how);
  isHit(await fleet.a.read(seeded, how), 'old', 'A');
  isHit(await fleet.b.read(seeded, how), 'old');
  fleet.origin.put(seeded.key, 'new');
  return seeded;
}

/**
 * What was invalidated is not served, on any instance, and nothing else is lost. An instance is
 * asked at once, and where a subject may take its time two seconds later, so that the table tells
 * the two apart.
 */
export const invalidation = scenarios('Invalidation', (holds) => {
  holds('After updateTag on A, A itself generates anew', 'docs: updateTag', async (fleet) => {
    const call = await shared(fleet, { tags: [fleet.tag()] });
    await fleet.a.invalidate(call.tags);
    isAnswered(await fleet.a.read(call), 'new', 'A');
  });

  holds(
    'After updateTag on A, no request that begins on B is served the old entry',
    'docs: cacheHandlers, `updateTags`, `refreshTags`',
    async (fleet) => {
      const call = await shared(fleet, { tags: [fleet.tag()] });
      await fleet.a.invalidate(call.tags);
      isAnswered(await fleet.b.read(call), 'new');
    },
  );

  holds(
    'After updateTag on A, B does not serve the old entry two seconds later',
    'docs: cacheHandlers, `updateTags`',
    async (fleet) => {
      const call = await shared(fleet, { tags: [fleet.tag()] });
      const began = performance.now();
      await fleet.a.invalidate(call.tags);
      await fleet.aged(2, began);
      isAnswered(await fleet.b.read(call), 'new');
    },
  );

  holds(
    'What A generates after an invalidation is found by B two seconds later',
    'docs: cacheHandlers',
    async (fleet) => {
      const call = await shared(fleet, { tags: [fleet.tag()] });
      await fleet.a.invalidate(call.tags);
      isAnswered(await fleet.a.read(call), 'new', 'A');
      const began = performance.now();
      await fleet.stored(fleet.a);
      await fleet.aged(2, began);
      isHit(await fleet.b.read(call), 'new');
    },
  );

  holds(
    'Several tags are invalidated together, and no others',
    'docs: cacheHandlers, `updateTags`',
    async (fleet) => {
      const tags = ['one', 'two', 'three'].map((name) => fleet.tag(name));
      const calls = [];
      for (const tag of tags)
        calls.push(await shared(fleet, { key: fleet.key(tag), tags: ['shared-by-all', tag] }));
      await fleet.a.invalidate(tags.slice(0, 2));
      isAnswered(await fleet.b.read(calls[0]), 'new');
      isAnswered(await fleet.b.read(calls[1]), 'new');
      isHit(await fleet.b.read(calls[2]), 'old');
    },
  );

  holds('A tag with commas is invalidated like any other', 'docs: cacheTag', async (fleet) => {
    const tags = [JSON.stringify({ type: 'product', id: fleet.tag(), lang: 'de' })];
    const call = await shared(fleet, { tags: ['shared-by-all', ...tags] });
    await fleet.a.invalidate(tags);
    isAnswered(await fleet.b.read(call), 'new');
  });

  holds(
    'An entry of 2000 tags is shared, and invalidated by the last of them',
    'use-cache-wrapper.js: the tags of nested functions are its own',
    async (fleet) => {
      const tags = Array.from({ length: 2000 }, (_, i) => fleet.tag(`${i}`));
      const call = await shared(fleet, { tags });
      await fleet.a.invalidate(tags.slice(-1));
      isAnswered(await fleet.b.read(call), 'new');
    },
  );

  holds(
    'Pages of paths of 1000 letters read the cache, and are reached by revalidatePath',
    'encode-header-safe.js; revalidate.js: 1024 letters',
    async (fleet) => {
      const path = fleet.path(encodeURIComponent('漢'.repeat(1000)));
      const call = await shared(fleet, {}, { path });
      await fleet.a.invalidate(tagsOfPath(path));
      isHit(await fleet.b.read(call, { path: fleet.path('other') }), 'old');
      isAnswered(await fleet.b.read(call, { path }), 'new');
    },
  );

  holds(
    'Two entries of one tag that both instances serve are both invalidated',
    'docs: cacheTag',
    async (fleet) => {
      const tags = [fleet.tag()];
      const calls = [];
      for (const name of ['one', 'two'])
        calls.push(await shared(fleet, { key: fleet.key(name), tags }));
      await fleet.a.invalidate(tags);
      for (const call of calls) isAnswered(await fleet.b.read(call), 'new');
    },
  );

  holds(
    `A tag of ${MANY} entries is invalidated like any other`,
    'caching-tools/next-shared-cache#612',
    async (fleet) => {
      const tags = [fleet.tag()];
      const calls = Array.from({ length: MANY }, (_, i) => ({ key: fleet.key(`${i}`), tags }));
      for (const { key } of calls) fleet.origin.put(key, 'old');
      for (let i = 0; i < MANY; i += 500) await fleet.a.request({ reads: calls.slice(i, i + 500) });
      await fleet.stored(fleet.a);
      const sample = calls.filter((_, i) => i % 500 === 0);
      const { reads } = await fleet.b.request({ reads: sample });
      for (const seen of reads) isHit(seen, 'old');
      for (const { key } of sample) fleet.origin.put(key, 'new');
      await fleet.a.invalidate(tags);
      const after = await fleet.b.request({ reads: sample });
      for (const seen of after.reads) isAnswered(seen, 'new');
    },
  );

  holds(
    "revalidateTag(tag, 'max') on A: B serves the old entry while it refreshes",
    'docs: revalidateTag',
    async (fleet) => {
      const call = await shared(fleet, { tags: [fleet.tag()] });
      await fleet.a.invalidate(call.tags, MAX);
      isStale(await fleet.b.read(call), 'old');
      await fleet.stored(fleet.b);
      isAnswered(await fleet.b.read(call), 'new');
    },
  );

  holds(
    "What is refreshed after revalidateTag(tag, 'max') is cached again",
    'mrjasonroy/cache-components-cache-handler#32',
    async (fleet) => {
      const call = await shared(fleet, { tags: [fleet.tag()] });
      await fleet.a.invalidate(call.tags, MAX);
      await fleet.seed(fleet.a, 'new', call);
      isHit(await fleet.a.read(call), 'new', 'A');
    },
  );

  holds(
    'revalidateTag(tag, { expire: 0 }) is as hard as updateTag',
    'docs: revalidateTag',
    async (fleet) => {
      const call = await shared(fleet, { tags: [fleet.tag()] });
      await fleet.a.invalidate(call.tags, { expire: 0 });
      isAnswered(await fleet.b.read(call), 'new');
    },
  );

  holds(
    'revalidateTag(tag, { expire: 1 }): after that second the old entry is not served',
    'docs: revalidateTag',
    async (fleet) => {
      const call = await shared(fleet, { tags: [fleet.tag()] });
      const began = performance.now();
      await fleet.a.invalidate(call.tags, { expire: 1 });
      await fleet.aged(1.4, began);
      isAnswered(await fleet.b.read(call), 'new');
    },
  );

  holds(
    'revalidateTag(tag, { expire: 1 }): what is generated meanwhile outlives that second',
    'default.js',
    async (fleet) => {
      const call = await shared(fleet, { tags: [fleet.tag()] });
      const began = performance.now();
      await fleet.a.invalidate(call.tags, { expire: 1 });
      await fleet.seed(fleet.a, 'new', call);
      await fleet.aged(1.4, began);
      isHit(await fleet.a.read(call), 'new', 'A');
    },
  );

  holds(
    'A soft invalidation does not bring back what a hard one expired',
    'docs: updateTag',
    async (fleet) => {
      const call = await shared(fleet, { tags: [fleet.tag()] });
      await fleet.a.invalidate(call.tags);
      await fleet.a.invalidate(call.tags, MAX);
      isAnswered(await fleet.a.read(call), 'new', 'A');
    },
  );

  holds(
    'A later deadline does not postpone an earlier one',
    'docs: revalidateTag',
    async (fleet) => {
      const call = await shared(fleet, { tags: [fleet.tag()] });
      const began = performance.now();
      await fleet.a.invalidate(call.tags, { expire: 1 });
      await fleet.a.invalidate(call.tags, MAX);
      await fleet.aged(1.4, began);
      isAnswered(await fleet.a.read(call), 'new', 'A');
    },
  );

  holds(
    'revalidatePath on A: B generates anew what that page reads',
    'docs: revalidatePath',
    async (fleet) => {
      const path = fleet.path();
      const call = await shared(fleet, {}, { path });
      await fleet.a.invalidate(tagsOfPath(path));
      isAnswered(await fleet.b.read(call, { path }), 'new');
    },
  );

  holds(
    "revalidatePath(path, 'layout') on A: B generates anew what pages below it read",
    'docs: revalidatePath',
    async (fleet) => {
      const path = fleet.path();
      const call = await shared(fleet, {}, { path });
      await fleet.a.invalidate(tagsOfPath(path.slice(0, path.lastIndexOf('/')), 'layout'));
      isAnswered(await fleet.b.read(call, { path }), 'new');
    },
  );

  holds(
    'revalidatePath leaves the entry to the other pages that read it',
    'implicit-tags.js',
    async (fleet) => {
      const [path, other] = [fleet.path('one'), fleet.path('other')];
      const call = await shared(fleet, {}, { path });
      await fleet.a.invalidate(tagsOfPath(path));
      isHit(await fleet.b.read(call, { path: other }), 'old');
      isAnswered(await fleet.b.read(call, { path }), 'new');
    },
  );

  holds(
    'An instance that starts later knows the updateTag before it',
    'docs: cacheHandlers, `refreshTags`',
    async (fleet) => {
      const call = await shared(fleet, { tags: [fleet.tag()] });
      await fleet.a.invalidate(call.tags);
      const c = await fleet.join('C');
      isAnswered(await c.read(call), 'new', 'C');
    },
  );

  holds(
    'An instance that starts later knows the revalidatePath before it',
    'docs: cacheHandlers, `refreshTags`',
    async (fleet) => {
      const path = fleet.path();
      const call = await shared(fleet, {}, { path });
      await fleet.a.invalidate(tagsOfPath(path));
      const c = await fleet.join('C');
      isAnswered(await c.read(call, { path }), 'new', 'C');
    },
  );

  holds(
    'What was being generated during updateTag is not served',
    'use-cache-wrapper.js, startTime',
    (fleet) => duringGeneration(fleet, { tags: [fleet.tag()] }, [fleet.tag()]),
  );

  holds(
    'What was being generated during revalidatePath is not served',
    'use-cache-wrapper.js, startTime',
    (fleet) => duringGeneration(fleet, {}, tagsOfPath(fleet.path())),
  );

  holds(
    "What was being generated during revalidateTag(tag, 'max') is refreshed",
    'use-cache-wrapper.js, startTime',
    async (fleet) => {
      const tags = [fleet.tag()];
      const call = await generatedDuring(fleet, { tags }, () => fleet.b.invalidate(tags, MAX));
      const seen = await fleet.b.read(call);
      hold(seen.outcome !== 'hit', 'B was told that it is fresh');
    },
  );

  holds(
    'An instance that slept through an invalidation, and through a restart of the store, serves nothing old',
    'trieb-work/nextjs-turbo-redis-cache: pub/sub',
    async (fleet) => {
      const { store } = fleet;
      const call = await shared(fleet, { tags: [fleet.tag()] });
      fleet.b.freeze();
      try {
        await fleet.a.invalidate(call.tags);
        await store.kill();
        await store.start();
      } finally {
        fleet.b.thaw();
      }
      isAnswered(await fleet.b.read(call), 'new');
    },
    { fresh: true },
  );

  holds(
    'A form post without JavaScript, which passes its invalidation on twice, costs one generation',
    'app-render.js, executeRevalidates',
    async (fleet) => {
      const call = await shared(fleet, { tags: [fleet.tag()] });
      const { reads } = await fleet.a.request({
        invalidate: { tags: call.tags },
        form: true,
        reads: [call],
      });
      isAnswered(reads[0], 'new', 'A');
      await fleet.stored(fleet.a);
      isHit(await fleet.b.read(call), 'new');
    },
  );
});

/** Finds that what A was generating, while B invalidated, is served by either afterwards. */
async function duringGeneration(fleet, call, tags) {
  const path = fleet.path();
  const stored = await generatedDuring(fleet, call, () => fleet.b.invalidate(tags), path);
  isAnswered(await fleet.b.read(stored, { path }), 'new');
  isAnswered(await fleet.a.read(stored, { path }), 'new', 'A');
}

/** Has A generate 'old', during which something happens after which it would have been 'new'. */
async function generatedDuring(fleet, call, happens, path = '/') {
  const { key } = { key: fleet.key(), ...call };
  fleet.origin.put(key, 'old');
  const release = fleet.origin.hold(key);
  const reading = fleet.a.read({ key, ...call }, { path });
  try {
    await fleet.origin.began(key);
    fleet.origin.put(key, 'new');
    await fleet.tick();
    await happens();
  } finally {
    release();
  }
  await reading;
  await fleet.stored(fleet.a);
  return { key, ...call };
}
