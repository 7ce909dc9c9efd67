import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Deadline } from '../../src/runtime/deadline.js';
import { drain, expireOf, lifeOf, present } from '../../src/entry/presentation.js';
import { NEVER } from '../../src/wire/frame.js';
import { LIMITS } from '../../src/wire/limits.js';
import { whole } from '../../src/wire/value.js';
import { awake, nextEntry, streamOf, textOf } from '../support/fixtures.js';

const NOW = 1_000_000;
const LIFE = { stale: 30, revalidate: 60, expire: 3600 };

/** What Next.js does with an entry of this age and life that was presented in this way. */
function seen(look: 'as-is' | 'stale' | 'fresh', age: number, life = LIFE, later = 0) {
  const value = [Buffer.from('v')];
  const entry = present({ value, tags: ['t'], life, generatedAt: NOW - age * 1000 }, look, NOW);
  if (!entry) return undefined;
  const moment = NOW + later;
  return {
    expired: moment > entry.timestamp + entry.expire * 1000,
    stale: moment > entry.timestamp + entry.revalidate * 1000,
    entry,
  };
}

test('an entry keeps its own timestamp and lives', () => {
  const { entry } = seen('as-is', 10)!;
  assert.equal(entry.timestamp, NOW - 10_000);
  assert.deepEqual([entry.stale, entry.revalidate, entry.expire], [30, 60, 3600]);
});

test('a stale entry that must look fresh does so for a second or two, in whole seconds', () => {
  for (const age of [60, 60.4, 61, 900.999, 3598]) {
    const { stale, entry } = seen('fresh', age, LIFE, 1000)!;
    assert.equal(stale, false, `${age} s`);
    assert.ok(Number.isInteger(entry.revalidate));
    assert.ok(entry.revalidate - age <= 2, `${entry.revalidate} at ${age} s`);
    assert.equal(entry.timestamp, NOW - age * 1000);
  }
});

test('an entry that looks fresh anyway is not changed to look so', () => {
  assert.equal(seen('fresh', 10)!.entry.revalidate, 60);
  assert.equal(
    seen('fresh', 1e6, { stale: 0, revalidate: NEVER, expire: NEVER })!.entry.revalidate,
    NEVER,
  );
});

test('looking fresh never reaches beyond the expiry', () => {
  assert.equal(
    seen('fresh', 99.5, { stale: 0, revalidate: 10, expire: 100 })!.entry.revalidate,
    100,
  );
});

test('an entry that must look stale does so, whether its time has come or a tag was moved', () => {
  assert.equal(seen('stale', 61)!.entry.revalidate, 60);
  assert.equal(seen('stale', 61)!.stale, true);
  assert.equal(seen('stale', 5)!.entry.revalidate, -1);
  assert.equal(seen('stale', 5)!.stale, true);
});

test('an entry whose expiry has passed is none', () => {
  assert.equal(seen('fresh', 3600), undefined);
  assert.equal(seen('stale', 3601), undefined);
});

test('every presentation has a stream of its own', async () => {
  const stored = {
    value: [Buffer.from('ab'), Buffer.from('c')],
    tags: [],
    life: LIFE,
    generatedAt: NOW,
  };
  assert.equal(await textOf(present(stored, 'as-is', NOW)), 'abc');
  assert.equal(await textOf(present(stored, 'as-is', NOW)), 'abc');
  assert.equal(await textOf(present({ ...stored, value: [] }, 'as-is', NOW)), '');
});

test('lives become whole seconds that fit, and never stays never', () => {
  const life = (revalidate: number, expire: number) =>
    lifeOf(nextEntry('', { stale: 1.9, revalidate, expire }));
  assert.deepEqual(life(60.7, 0.5), { stale: 1, revalidate: 60, expire: 0 });
  assert.deepEqual(life(-1, Infinity), { stale: 1, revalidate: 0, expire: NEVER });
  assert.deepEqual(life(NaN, NEVER + 1), { stale: 1, revalidate: 0, expire: NEVER });
  assert.deepEqual(life(false as unknown as number, NEVER), {
    stale: 1,
    revalidate: NEVER,
    expire: NEVER,
  });
});

test('durations become the seconds of an invalidation', () => {
  assert.equal(expireOf(undefined), 0);
  assert.equal(expireOf({ expire: 0 }), 0);
  assert.equal(expireOf({ expire: 60.9 }), 60);
  assert.equal(expireOf({ expire: 31536000 }), 31536000);
  assert.equal(expireOf({ expire: Infinity }), NEVER);
  assert.equal(expireOf({}), NEVER);
});

test('a stream is read to its end', async (t) => {
  const bytes = await drain(streamOf('ab', '', 'c'), 100, deadline(t));
  assert.equal(whole(bytes).toString(), 'abc');
});

test('chunks are copied, large ones alone, and small ones joined a fragment at a time', async (t) => {
  const large = new Uint8Array(LIMITS.fragment).fill(1);
  const shared = new Uint8Array(2 * LIMITS.fragment).subarray(1);
  const small = new Uint8Array(LIMITS.fragment / 2).fill(2);
  const chunks = [small, large, small, small, small, shared];
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const value = await drain(stream, 10 << 20, deadline(t));
  assert.deepEqual(
    value.map(({ length }) => length / LIMITS.fragment),
    [0.5, 1, 1, 0.5, (2 * LIMITS.fragment - 1) / LIMITS.fragment],
  );
  const generated = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  assert.deepEqual(whole(value), generated);
});

test('a stream that errors, is too long or takes too long is not a value', async (t) => {
  const later = deadline(t);
  await assert.rejects(drain(streamOf('ab', new Error('broken')), 100, later), /broken/);
  await assert.rejects(drain(streamOf('ab', 'cd'), 3, later), RangeError);

  let cancelled: unknown;
  const endless = new ReadableStream<Uint8Array>({ cancel: (why) => void (cancelled = why) });
  await awake(assert.rejects(drain(endless, 100, deadline(t, 1)), /enough/));
  assert.match(String(cancelled), /enough/);
});

function deadline(t: TestContext, milliseconds = 60_000): Deadline {
  const made = new Deadline(milliseconds, 'enough');
  t.after(() => made.end());
  return made;
}
