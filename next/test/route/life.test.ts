import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOnlyFading, KEPT, lifeOf, presentRoute, presentShared } from '../../src/route/life.js';
import type { CacheControl, RouteRecord } from '../../src/route/value.js';
import type { Stored } from '../../src/entry/stored.js';
import { VALUES } from '../support/route-values.js';

const NOW = 10_000_000_000;

function record(cacheControl?: CacheControl, lived = 0, value = VALUES.page!): RouteRecord {
  return { value, cacheControl, lived };
}

function stored(age: number): Stored {
  const life = { stale: 0, revalidate: 60, expire: 3600 };
  return { value: [], tags: [], life, generatedAt: NOW - age };
}

/** What Next.js 16.4 makes of an answer: `IncrementalCache.get`. */
function verdict({ lastModified, cacheControl }: ReturnType<typeof presentRoute>): string {
  const { revalidate, expire } = cacheControl ?? { revalidate: 1 };
  if (lastModified === -1) return 'blocking';
  if (typeof expire === 'number' && expire * 1000 + lastModified < NOW) return 'blocking';
  return revalidate !== false && revalidate * 1000 + lastModified < NOW ? 'stale' : 'fresh';
}

const CONTROLS: (CacheControl | undefined)[] = [
  undefined,
  { revalidate: false },
  { revalidate: 1 },
  { revalidate: 60, expire: 61 },
  { revalidate: 60, expire: 3600 },
  { revalidate: 1, expire: 1 },
];

for (const control of CONTROLS) {
  const named = JSON.stringify(control);

  test(`what must look stale does, and is never blocked on: ${named}`, () => {
    for (const age of [0, 500, 30_000].filter((each) => each < (control?.expire ?? 60) * 1000)) {
      assert.equal(verdict(presentRoute(record(control), stored(age), 'stale', NOW)), 'stale');
    }
  });

  test(`what is regenerated elsewhere looks fresh, however old it is: ${named}`, () => {
    for (const age of [0, 30_000, 3_000_000_000]) {
      assert.equal(verdict(presentRoute(record(control), stored(age), 'fresh', NOW)), 'fresh');
    }
  });
}

test('what is fresh is shown with its own life and age', () => {
  const control = { revalidate: 60, expire: 3600 };
  const { lastModified, cacheControl } = presentRoute(record(control), stored(5000), 'as-is', NOW);
  assert.deepEqual(
    { lastModified, cacheControl },
    { lastModified: NOW - 5000, cacheControl: control },
  );
});

test('what is fresh looks fresh in the last moment of its life', () => {
  const control = { revalidate: 60, expire: 3600 };
  assert.equal(verdict(presentRoute(record(control), stored(59_990), 'as-is', NOW)), 'fresh');
});

test('the cache control of a stale page tells a CDN to come again soon', () => {
  const { cacheControl } = presentRoute(record({ revalidate: false }), stored(0), 'stale', NOW);
  assert.deepEqual(cacheControl, { revalidate: 1, expire: undefined });
});

test('a fetched value looks stale to a reader by the number it names, or else by its own', () => {
  const entry = stored(1000);
  const fetched = record(undefined, 0, VALUES.computed!);
  for (const [revalidate, seconds] of [
    [10, 10],
    [undefined, 60],
    [false, 60],
  ] as const) {
    const { lastModified } = presentShared(fetched, entry, 'stale', NOW, revalidate);
    assert.ok(NOW - lastModified > seconds * 1000);
    assert.ok(NOW - lastModified < seconds * 1000 + 1000 + 2);
  }
  assert.equal(presentShared(fetched, entry, 'fresh', NOW, 60).lastModified, NOW);
  assert.equal(presentShared(fetched, entry, 'as-is', NOW, 60).lastModified, NOW - 1000);
});

test('nothing is stored for longer than what nobody reads is kept', () => {
  const forever = { stale: 0, revalidate: KEPT / 2, expire: KEPT };
  assert.deepEqual(lifeOf(record({ revalidate: false })), forever);
  assert.deepEqual(lifeOf(record(undefined, 0, VALUES.fetched!)), forever);
  assert.deepEqual(lifeOf(record({ revalidate: 60, expire: 3600 })), {
    stale: 0,
    revalidate: 60,
    expire: 3600,
  });
});

test('what has lived before it was stored lives on for the rest only', () => {
  const life = lifeOf(record({ revalidate: 60, expire: 3600 }, 50_500));
  assert.deepEqual(life, { stale: 0, revalidate: 9, expire: 3549 });
  const { lastModified } = presentRoute(
    record({ revalidate: 60 }, 50_000),
    stored(1000),
    'as-is',
    NOW,
  );
  assert.equal(lastModified, NOW - 51_000);
});

test('what only its storage would let go of is distinguished from what has become stale', () => {
  const half = (KEPT / 2) * 1000 + 1000;
  assert.ok(isOnlyFading(record({ revalidate: false }), stored(half), NOW));
  assert.ok(isOnlyFading(record({ revalidate: KEPT }), stored(half), NOW));
  assert.equal(isOnlyFading(record({ revalidate: 60 }), stored(half), NOW), false);
  assert.equal(isOnlyFading(record({ revalidate: false }), stored(1000), NOW), false);
});
