import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf, type Key } from '../../src/entry/key.js';
import type { Copy } from '../../src/near/near-cache.js';
import { warm, type Hot } from '../../src/near/warm.js';

const KB = 1024;

const copyOf = (key: Key): Copy => ({
  key,
  asof: { identity: 1n, revision: 1n },
  seen: 1n,
  currentAt: -Infinity,
  value: [],
  tags: [],
  life: { stale: 1, revalidate: 1, expire: 1 },
  generatedAt: 0,
});

/** What is kept of `hot` within `budget`, and how many keys were asked for at once. */
async function warmed(hot: readonly Hot[], budget: number, missing: readonly Key[] = []) {
  const kept: string[] = [];
  const batches: number[] = [];
  let asking = 0;
  const count = await warm(
    {
      hottest: async () => hot,
      peek: async (key) => {
        if (asking++ === 0) queueMicrotask(() => batches.push(asking));
        await new Promise(setImmediate);
        asking = 0;
        return missing.includes(key) ? undefined : copyOf(key);
      },
    },
    budget,
    ({ key }) => kept.push(key.id),
  );
  return { count, kept, batches };
}

const keys = (count: number): Key[] => Array.from({ length: count }, (_, n) => keyOf(`k${n}`));

test('the hottest are loaded first, as far as the budget goes', async () => {
  const [a, b, c, d] = keys(4) as [Key, Key, Key, Key];
  const hot = [
    { key: a, size: 3 * KB },
    { key: b, size: 9 * KB },
    { key: c, size: 4 * KB },
    { key: d, size: 4 * KB },
  ];
  const { kept, count } = await warmed(hot, 8 * KB);
  assert.deepEqual(kept, [a.id, c.id]);
  assert.equal(count, 2);
});

test('what is gone meanwhile is left out', async () => {
  const [a, b] = keys(2) as [Key, Key];
  const { kept } = await warmed(
    [a, b].map((key) => ({ key, size: 1 })),
    KB,
    [a],
  );
  assert.deepEqual(kept, [b.id]);
});

test('few are asked for at once, and few bytes', async () => {
  const small = keys(40).map((key) => ({ key, size: 1 }));
  assert.deepEqual((await warmed(small, KB)).batches, [16, 16, 8]);
  const large = keys(5).map((key) => ({ key, size: 400 * KB }));
  assert.deepEqual((await warmed(large, 4096 * KB)).batches, [2, 2, 1]);
});

test('a server that names none has nothing to load', async () => {
  assert.deepEqual(await warmed([], KB), { count: 0, kept: [], batches: [] });
});
