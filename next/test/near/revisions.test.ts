import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Revisions } from '../../src/near/revisions.js';
import { UNKNOWN } from '../../src/wire/frame.js';

const at = (revision: number, identity = 1n) => ({ identity, revision: BigInt(revision) });

test('a moment is answered with the last revision learnt at or before it', () => {
  const revisions = new Revisions();
  assert.equal(revisions.knownAt(100), UNKNOWN);
  revisions.learn(at(5), 100);
  revisions.learn(at(6), 110);
  revisions.learn(at(9), 120);
  assert.equal(revisions.knownAt(99.9), UNKNOWN);
  assert.deepEqual(revisions.knownAt(100), at(5));
  assert.deepEqual(revisions.knownAt(109), at(5));
  assert.deepEqual(revisions.knownAt(110), at(6));
  assert.deepEqual(revisions.knownAt(119), at(6));
  assert.deepEqual(revisions.knownAt(1e9), at(9));
});

test('what was forgotten is not known at any moment', () => {
  const revisions = new Revisions();
  revisions.learn(at(5), 100);
  revisions.forget();
  assert.equal(revisions.knownAt(150), UNKNOWN);
  revisions.learn(at(2, 2n), 200);
  assert.equal(revisions.knownAt(150), UNKNOWN);
  assert.deepEqual(revisions.knownAt(200), at(2, 2n));
});

test('a record of many steps is thinned out, but never claims more than was known', () => {
  const revisions = new Revisions();
  const steps = 20_000;
  for (let n = 1; n <= steps; n++) revisions.learn(at(n), n);
  assert.deepEqual(revisions.knownAt(1), at(1));
  assert.deepEqual(revisions.knownAt(steps), at(steps));
  for (let n = 1; n <= steps; n += 13) {
    const { revision } = revisions.knownAt(n);
    assert.ok(revision >= 1n && revision <= BigInt(n), `${revision} at ${n}`);
  }
});
