import assert from 'node:assert/strict';
import { test } from 'node:test';
import { now } from '../../src/runtime/clock.js';
import { Condition } from '../../src/runtime/condition.js';

test('all who wait go on at one change', async () => {
  const condition = new Condition(now);
  const waits = [condition.next(), condition.next(60_000)];
  condition.wake();
  await Promise.all(waits);
});

test('a change that does not bring what is waited for leaves the wait', async () => {
  const condition = new Condition(now);
  let there = false;
  let over = false;
  const wait = condition.until(() => there, 60_000).then(() => void (over = true));
  condition.wake();
  await new Promise(setImmediate);
  assert.equal(over, false);
  there = true;
  condition.wake();
  await wait;
});

test('a wait ends with its time, and at once for what is there', async (t) => {
  // Its timers keep no process alive.
  const alive = setInterval(() => {}, 1000);
  t.after(() => clearInterval(alive));
  const condition = new Condition(now);
  await condition.until(() => false, 1);
  await condition.until(() => true, 60_000);
  await condition.next(1);
});
