import assert from 'node:assert/strict';
import { test } from 'node:test';
import { medianWithin, percentile, summary } from '../measurement/statistics.mjs';

test('a median lies between the two values in the middle', () => {
  assert.equal(percentile([1, 2, 4, 10], 0.5), 3);
  assert.equal(percentile([1, 2, 10], 0.5), 2);
});

test('the ends are percentiles, too', () => {
  assert.equal(percentile([3, 5, 9], 0), 3);
  assert.equal(percentile([3, 5, 9], 1), 9);
});

test('there is no percentile of nothing', () => {
  assert.equal(percentile([], 0.5), undefined);
  assert.throws(() => summary([]), RangeError);
});

test('a summary orders numbers by their size', () => {
  assert.deepEqual(summary([100, 9, 20]), {
    count: 3,
    median: 20,
    least: 9,
    most: 100,
    lower: 14.5,
    upper: 60,
  });
});

test('the more samples there are the closer are the bounds of their median', () => {
  assert.deepEqual(medianWithin([3, 1, 2]), [1, 3]);
  const hundred = Array.from({ length: 100 }, (_, n) => 99 - n);
  assert.deepEqual(medianWithin(hundred), [40, 59]);
});
