import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deadline } from '../../src/runtime/deadline.js';
import { awake } from '../support/fixtures.js';

const NEVER = new Promise<never>(() => {});

test('what is done in time is what it comes to, and what fails in time fails', async () => {
  const deadline = new Deadline(60_000, 'too late');
  assert.equal(await deadline.met(Promise.resolve('done')), 'done');
  await assert.rejects(deadline.met(Promise.reject(new Error('broken'))), /broken/);
  deadline.check();
  deadline.end();
});

test('what is not done in time fails with what is to be said, also later', async () => {
  const deadline = new Deadline(1, 'too late');
  await awake(assert.rejects(deadline.met(NEVER), /too late/));
  assert.throws(() => deadline.check(), /too late/);
  await assert.rejects(deadline.met(NEVER), /too late/);
});

test('only who waits last learns that it has passed', async () => {
  const deadline = new Deadline(1, 'too late');
  const called: string[] = [];
  deadline.whenMissed(() => called.push('first'));
  await awake(new Promise<void>((resolve) => deadline.whenMissed(() => resolve())));
  assert.deepEqual(called, []);
});
