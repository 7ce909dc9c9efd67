import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staleness } from '../measurement/staleness.mjs';

/** Reads of entry 0, each `[began, ended, born]` in microseconds. */
function reads(...all) {
  const column = (of) => Float64Array.from(all, of);
  return {
    index: column(() => 0),
    began: column(([began]) => began),
    ended: column(([, ended]) => ended),
    born: column(([, , born]) => born),
  };
}

const invalidation = { index: 0, began: 10_000, ended: 12_000 };

test('a read that begins after the acknowledgement and is given the old value is stale', () => {
  const seen = staleness([invalidation], reads([13_000, 13_500, 500], [14_000, 14_500, 500]));
  const { stale, unheeded, longest, visible } = seen;
  assert.deepEqual(
    { stale, unheeded, longest, visible },
    { stale: 2, unheeded: 1, longest: 2.5, visible: [] },
  );
});

test('a read that begins before the acknowledgement may be given the old value', () => {
  const seen = staleness([invalidation], reads([11_000, 15_000, 500]));
  assert.equal(seen.stale, 0);
});

test('what was generated while the invalidation was under way is not stale', () => {
  assert.equal(staleness([invalidation], reads([13_000, 13_500, 10_500])).stale, 0);
});

test('an invalidation is visible with the first miss or new value after its call', () => {
  const miss = staleness([invalidation], reads([11_000, 11_200, 500], [11_500, 13_000, 0]));
  assert.deepEqual(miss.visible, [3]);
  const fresh = staleness([invalidation], reads([9_000, 9_500, 0], [12_500, 14_000, 11_000]));
  assert.deepEqual(fresh.visible, [4]);
});

test('a value that comes back after it was seen to be gone is stale all the same', () => {
  const seen = staleness([invalidation], reads([12_500, 13_000, 0], [14_000, 14_500, 500]));
  assert.deepEqual([seen.stale, seen.visible], [1, [3]]);
});

test('a read of something else says nothing', () => {
  const seen = staleness([{ ...invalidation, index: 1 }], reads([13_000, 13_500, 500]));
  assert.deepEqual([seen.stale, seen.visible], [0, []]);
});

test('wrong values are counted, and neither stale nor fresh', () => {
  const seen = staleness([invalidation], reads([13_000, 13_500, -1]));
  assert.deepEqual([seen.wrong, seen.stale, seen.visible], [1, 0, []]);
});
