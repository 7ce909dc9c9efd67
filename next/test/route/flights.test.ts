import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf } from '../../src/key.js';
import { Flights, LONGEST_RENDER } from '../../src/route/flights.js';

const KEY = keyOf('k');

/** Whether a promise is done. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

test('who waits for a generation learns of its end, whatever that is', async () => {
  const flights = new Flights(() => 0);
  for (const end of ['arrived', 'abandoned'] as const) {
    flights.begin(KEY, { space: 'route', owner: {}, awaited: true });
    const { landed } = flights.of(KEY)!;
    assert.equal(await isDone(landed), false);
    flights[end](KEY);
    await landed;
    assert.equal(flights.of(KEY), undefined);
  }
});

test('one that is begun anew ends the one before', async () => {
  const flights = new Flights(() => 0);
  flights.begin(KEY, { space: 'route', owner: {}, awaited: true });
  const { landed } = flights.of(KEY)!;
  flights.begin(KEY, { space: 'route', owner: {}, awaited: false });
  await landed;
  assert.equal(flights.of(KEY)?.awaited, false);
});

test('nobody waits for a minute for what ended without a value, unless a value comes', () => {
  let moment = 0;
  const flights = new Flights(() => moment);
  flights.begin(KEY, { space: 'route', owner: {}, awaited: true });
  flights.abandoned(KEY);
  assert.ok(flights.isFruitless(KEY));
  moment = 59_999;
  assert.ok(flights.isFruitless(KEY));
  moment = 60_000;
  assert.equal(flights.isFruitless(KEY), false);
  flights.foundFruitless(KEY);
  flights.arrived(KEY);
  assert.equal(flights.isFruitless(KEY), false);
});

test('what is remembered of others has an end', () => {
  const flights = new Flights(() => 0);
  for (let n = 0; n <= 4096; n++) flights.foundFruitless(keyOf(`k${n}`));
  assert.equal(flights.isFruitless(keyOf('k0')), false);
  assert.ok(flights.isFruitless(keyOf('k1')) && flights.isFruitless(keyOf('k4096')));
});

test('an owner is told what he began and others wait for', () => {
  const flights = new Flights(() => 0);
  const owner = {};
  flights.begin(keyOf('mine'), { space: 'route', owner, awaited: true });
  flights.begin(keyOf('served meanwhile'), { space: 'route', owner, awaited: false });
  flights.begin(keyOf("another's"), { space: 'route', owner: {}, awaited: true });
  assert.deepEqual(
    flights.awaitedOf(owner).map(({ key }) => key.id),
    [keyOf('mine').id],
  );
});

test('one that nobody says the end of is believed for as long as a render may take', async () => {
  let moment = 0;
  const flights = new Flights(() => moment);
  const owner = {};
  flights.begin(KEY, { space: 'route', owner, awaited: true });
  const { landed } = flights.of(KEY)!;
  moment = LONGEST_RENDER - 1;
  flights.begin(keyOf('before'), { space: 'route', owner: {}, awaited: true });
  assert.equal(await isDone(landed), false);
  moment = LONGEST_RENDER;
  flights.begin(keyOf('after'), { space: 'route', owner: {}, awaited: true });
  await landed;
  assert.ok(flights.isFruitless(KEY));
  assert.deepEqual(flights.awaitedOf(owner), []);
  assert.equal(flights.size, 2);
});

test('no more of them are remembered than there can be of use, the newest', async () => {
  const flights = new Flights(() => 0);
  flights.begin(KEY, { space: 'route', owner: {}, awaited: true });
  const { landed } = flights.of(KEY)!;
  for (let n = 0; n < 4096; n++)
    flights.begin(keyOf(`k${n}`), { space: 'route', owner: {}, awaited: true });
  await landed;
  assert.equal(flights.size, 4096);
  assert.ok(flights.of(keyOf('k0')) && flights.of(keyOf('k4095')));
});
