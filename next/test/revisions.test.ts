import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Revisions } from '../src/revisions.js';
import { UNKNOWN } from '../src/wire/frame.js';

const at = (revision: number, identity = 1n) => ({ identity, revision: BigInt(revision) });

test('nothing is known before the first welcome', () => {
  const revisions = new Revisions();
  assert.equal(revisions.knownAt(100), UNKNOWN);
  revisions.welcome(at(5), 100);
  assert.equal(revisions.knownAt(99.9), UNKNOWN);
  assert.deepEqual(revisions.knownAt(100), at(5));
});

test('a moment is answered with the last revision learnt at or before it', () => {
  const revisions = new Revisions();
  revisions.welcome(at(5), 100);
  revisions.learn(at(6), 110);
  revisions.learn(at(9), 120);
  assert.deepEqual(revisions.knownAt(109), at(5));
  assert.deepEqual(revisions.knownAt(110), at(6));
  assert.deepEqual(revisions.knownAt(119), at(6));
  assert.deepEqual(revisions.knownAt(1e9), at(9));
});

test('an answer that was overtaken teaches nothing', () => {
  const revisions = new Revisions();
  revisions.welcome(at(5), 100);
  revisions.learn(at(7), 110);
  revisions.learn(at(6), 120);
  assert.deepEqual(revisions.knownAt(130), at(7));
});

test('a reconnection to the same history keeps what was known', () => {
  const revisions = new Revisions();
  assert.equal(revisions.welcome(at(5), 100), true);
  assert.equal(revisions.welcome(at(8), 200), true);
  assert.deepEqual(revisions.knownAt(150), at(5));
});

test('another identity, or a welcome with a lower revision, voids what was known', () => {
  for (const next of [at(9, 2n), at(4)]) {
    const revisions = new Revisions();
    revisions.welcome(at(5), 100);
    assert.equal(revisions.welcome(next, 200), false);
    assert.equal(revisions.knownAt(150), UNKNOWN);
    assert.deepEqual(revisions.knownAt(200), next);
  }
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
