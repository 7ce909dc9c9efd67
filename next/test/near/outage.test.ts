import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf } from '../../src/entry/key.js';
import { Outage } from '../../src/near/outage.js';

const BOUND = 30_000;
const KEYS = Array.from({ length: 200 }, (_, n) => keyOf(`key ${n}`));

/** An outage whose time a test moves. */
function outage() {
  const time = { moment: 100_000 };
  return { time, outage: new Outage(BOUND, () => time.moment) };
}

test('each key is due in a moment of its own in the last quarter of the bound', () => {
  const { outage: lends } = outage();
  const due = (share: number): number =>
    KEYS.filter((key) => lends.isDue(key, BOUND * share)).length;
  assert.equal(due(0.75), 0);
  const halfway = due(0.875);
  assert.ok(
    halfway > KEYS.length / 4 && halfway < (KEYS.length * 3) / 4,
    `${halfway} are due halfway`,
  );
  assert.equal(due(1.001), KEYS.length);
});

test('one generates a key at a time, and another one after a while', () => {
  const { time, outage: lends } = outage();
  const [one, other] = KEYS as [(typeof KEYS)[0], (typeof KEYS)[0]];
  assert.deepEqual([lends.leads(one), lends.leads(one), lends.leads(other)], [true, false, true]);
  time.moment += 5001;
  assert.equal(lends.leads(one), true);
  lends.end();
  assert.equal(lends.leads(one), true);
});

test('what is made from what was lent is as far behind as that', () => {
  const { time, outage: lends } = outage();
  const began = time.moment;
  assert.equal(lends.currentAt(began, true), began);
  lends.lent(began - 20_000, began + 10, false);
  assert.equal(lends.currentAt(began, true), began - 20_000);
  assert.equal(lends.currentAt(began, false), began);
  lends.lent(began - 10_000, began + 10, true);
  assert.equal(lends.currentAt(began, false), began - 10_000);
  assert.equal(lends.currentAt(began + 20, false), began + 20);
  lends.end();
  assert.equal(lends.currentAt(began, true), began);
});
