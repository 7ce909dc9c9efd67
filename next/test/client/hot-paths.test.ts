import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HotPaths } from '../../src/client/hot-paths.js';
import { Reporter } from '../../src/client/reporter.js';
import { LIMITS } from '../../src/wire/limits.js';
import { zipf } from '../support/zipf.js';

test('the paths read most are told in their order, of many more than are counted', () => {
  const paths = new HotPaths();
  const reads = zipf(20_000, 5_000);
  for (const rank of reads) paths.add(`/p/${rank}`);
  const told = paths.take();
  assert.equal(told.length, LIMITS.paths);
  const hottest = told.slice(0, 20).map(({ path }) => path);
  assert.deepEqual(
    hottest,
    Array.from({ length: 20 }, (_, at) => `/p/${at + 1}`),
  );
  // No count is too low by more than a share of all reads.
  const [first] = told;
  const truly = reads.filter((rank) => rank === 1).length;
  assert.ok(first!.count <= truly && first!.count >= truly - reads.length / 1024);
  assert.deepEqual(paths.take(), []);
});

test('without labels no path is counted', () => {
  for (const labels of [true, false]) {
    const reporter = new Reporter(labels, () => 0);
    reporter.asked('/secret');
    assert.equal(reporter.takePaths().length, labels ? 1 : 0);
  }
});
