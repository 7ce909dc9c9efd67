import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf } from '../../src/entry/key.js';
import { Renders, LONGEST_RENDER } from '../../src/route/renders.js';

const KEY = keyOf('k');

/** Whether a promise is done. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

test('who waits for a generation learns of its end, whatever that is', async () => {
  const renders = new Renders(() => 0);
  for (const end of ['arrived', 'abandoned'] as const) {
    renders.begin(KEY, { space: 'route', owner: {}, awaited: true });
    const { settled } = renders.of(KEY)!;
    assert.equal(await isDone(settled), false);
    renders[end](KEY);
    await settled;
    assert.equal(renders.of(KEY), undefined);
  }
});

test('one that is begun anew ends the one before', async () => {
  const renders = new Renders(() => 0);
  renders.begin(KEY, { space: 'route', owner: {}, awaited: true });
  const { settled } = renders.of(KEY)!;
  renders.begin(KEY, { space: 'route', owner: {}, awaited: false });
  await settled;
  assert.equal(renders.of(KEY)?.awaited, false);
});

test('nobody waits for a minute for what ended without a value, unless a value comes', () => {
  let moment = 0;
  const renders = new Renders(() => moment);
  renders.begin(KEY, { space: 'route', owner: {}, awaited: true });
  renders.abandoned(KEY);
  assert.ok(renders.failedRecently(KEY));
  moment = 59_999;
  assert.ok(renders.failedRecently(KEY));
  moment = 60_000;
  assert.equal(renders.failedRecently(KEY), false);
  renders.failed(KEY);
  renders.arrived(KEY);
  assert.equal(renders.failedRecently(KEY), false);
});

test('what is remembered of others has an end', () => {
  const renders = new Renders(() => 0);
  for (let n = 0; n <= 4096; n++) renders.failed(keyOf(`k${n}`));
  assert.equal(renders.failedRecently(keyOf('k0')), false);
  assert.ok(renders.failedRecently(keyOf('k1')) && renders.failedRecently(keyOf('k4096')));
});

test('an owner learns what it began and others wait for', () => {
  const renders = new Renders(() => 0);
  const owner = {};
  renders.begin(keyOf('mine'), { space: 'route', owner, awaited: true });
  renders.begin(keyOf('served meanwhile'), { space: 'route', owner, awaited: false });
  renders.begin(keyOf("another's"), { space: 'route', owner: {}, awaited: true });
  assert.deepEqual(
    renders.awaitedOf(owner).map(({ key }) => key.id),
    [keyOf('mine').id],
  );
});

test('one that nobody says the end of is believed for as long as a render may take', async () => {
  let moment = 0;
  const renders = new Renders(() => moment);
  const owner = {};
  renders.begin(KEY, { space: 'route', owner, awaited: true });
  const { settled } = renders.of(KEY)!;
  moment = LONGEST_RENDER - 1;
  renders.begin(keyOf('before'), { space: 'route', owner: {}, awaited: true });
  assert.equal(await isDone(settled), false);
  moment = LONGEST_RENDER;
  renders.begin(keyOf('after'), { space: 'route', owner: {}, awaited: true });
  await settled;
  assert.ok(renders.failedRecently(KEY));
  assert.deepEqual(renders.awaitedOf(owner), []);
  assert.equal(renders.size, 2);
});

test('no more of them are remembered than there can be of use, the newest', async () => {
  const renders = new Renders(() => 0);
  renders.begin(KEY, { space: 'route', owner: {}, awaited: true });
  const { settled } = renders.of(KEY)!;
  for (let n = 0; n < 4096; n++)
    renders.begin(keyOf(`k${n}`), { space: 'route', owner: {}, awaited: true });
  await settled;
  assert.equal(renders.size, 4096);
  assert.ok(renders.of(keyOf('k0')) && renders.of(keyOf('k4095')));
});
