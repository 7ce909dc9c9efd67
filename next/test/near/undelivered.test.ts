import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Undelivered } from '../../src/near/undelivered.js';
import type { Stored } from '../../src/entry/stored.js';
import { NEVER } from '../../src/wire/frame.js';

const NOW = 1_000_000;

const entry = (generatedAt: number, ...tags: string[]): Stored => ({
  value: [],
  tags: tags.length > 0 ? tags : ['t'],
  life: { stale: 30, revalidate: 60, expire: 3600 },
  generatedAt,
});

const owing = (): Undelivered => new Undelivered(() => NOW);

test('it affects what carries the tag, or is read with it, and was generated before', () => {
  const undelivered = owing();
  undelivered.remember(['t', 'u'], 0, NOW - 100);
  assert.equal(undelivered.judge(entry(NOW - 101), [], NOW), 'expired');
  assert.equal(undelivered.judge(entry(NOW - 100), [], NOW), 'expired');
  assert.equal(undelivered.judge(entry(NOW - 99), [], NOW), 'unaffected');
  assert.equal(undelivered.judge(entry(NOW - 101, 'other'), [], NOW), 'unaffected');
  assert.equal(undelivered.judge(entry(NOW - 101, 'other'), ['u'], NOW), 'expired');
});

test('with a duration it is stale first and expired then', () => {
  const undelivered = owing();
  undelivered.remember(['t'], 60, NOW);
  assert.equal(undelivered.judge(entry(NOW), [], NOW + 59_999), 'stale');
  assert.equal(undelivered.judge(entry(NOW), [], NOW + 60_000), 'expired');
  undelivered.remember(['never'], NEVER, NOW);
  assert.equal(undelivered.judge(entry(NOW, 'never'), [], 1e15), 'stale');
});

test('they are delivered with what is left of their time, and forgotten one by one', async () => {
  const undelivered = owing();
  undelivered.remember(['now'], 0, NOW - 5000);
  undelivered.remember(['soon'], 60, NOW - 5500);
  undelivered.remember(['over'], 5, NOW - 5500);
  undelivered.remember(['never'], NEVER, NOW - 5000);
  const sent: unknown[] = [];
  const failing = undelivered.deliver(async (tags, expire) => {
    if (tags.includes('over')) throw new Error('away again');
    sent.push([...tags, expire]);
  });
  await assert.rejects(failing, /away again/);
  assert.equal(undelivered.size, 2);
  await undelivered.deliver(async (tags, expire) => void sent.push([...tags, expire]));
  assert.deepEqual(sent, [
    ['now', 0],
    ['soon', 55],
    ['over', 0],
    ['never', NEVER],
  ]);
  assert.equal(undelivered.size, 0);
});

test('a repetition replaces what it covers', () => {
  const undelivered = owing();
  undelivered.remember(['t'], 60, NOW - 2);
  undelivered.remember(['t'], 0, NOW - 1);
  assert.equal(undelivered.size, 1);
  undelivered.remember(['t'], 60, NOW);
  assert.equal(undelivered.size, 2);
  assert.equal(undelivered.judge(entry(NOW - 1), [], NOW), 'expired');
});

test('more than can be remembered affect everything generated before', () => {
  const undelivered = owing();
  for (let n = 0; n < 1024; n++) assert.equal(undelivered.remember([`t${n}`], 60, NOW), true);
  assert.equal(undelivered.remember(['t'], 60, NOW), false);
  assert.equal(undelivered.size, 0);
  assert.equal(undelivered.judge(entry(NOW, 'other'), [], NOW), 'expired');
  assert.equal(undelivered.judge(entry(NOW + 1, 't1'), [], NOW), 'unaffected');
});
