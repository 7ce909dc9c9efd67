import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zipf } from '../fleet/zipf.mjs';

test('the k-th number comes about 1/k times as often as the first', () => {
  const next = zipf(100, 1);
  const counts = Array(100).fill(0);
  for (let i = 0; i < 100_000; i++) counts[next()]++;
  assert.ok(Math.abs(counts[0] / counts[1] - 2) < 0.2, `${counts[0]} and ${counts[1]}`);
  assert.ok(Math.abs(counts[0] / counts[9] - 10) < 2, `${counts[0]} and ${counts[9]}`);
});

test('the same seed gives the same numbers, another one others', () => {
  const first = (seed) => Array.from({ length: 20 }, zipf(2000, seed));
  assert.deepEqual(first(7), first(7));
  assert.notDeepEqual(first(7), first(8));
});

test('all numbers are below the size', () => {
  const next = zipf(3, 5);
  const seen = new Set(Array.from({ length: 1000 }, next));
  assert.deepEqual([...seen].toSorted(), [0, 1, 2]);
});
