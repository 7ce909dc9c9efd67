import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { keyOf } from '../../src/entry/key.js';
import { now } from '../../src/runtime/clock.js';
import { Timekeeper } from '../../src/runtime/timekeeper.js';
import { REPORT_EVERY } from '../../src/client/reporter.js';
import { clientOf, handlerOf, nextEntry } from '../support/fixtures.js';
import { PATIENT } from '../support/instance.js';
import { RealServer } from '../support/real-server.js';

/** Milliseconds a generation takes. */
const GENERATION = 250;

const server = new RealServer('--max-waiting', '1');
before(() => server.serve());
after(() => server.end());

/** What the server says at an address. */
const said = async (path: string): Promise<string> => (await fetch(server.url + path)).text();

/** What it says of those that report. */
async function reporting(): Promise<Record<string, unknown>[]> {
  const { instances } = JSON.parse(await said('/v1/test/instances')) as {
    instances: { reports: boolean }[];
  };
  return instances.filter(({ reports }) => reports);
}

/** The value of a sample of the page of metrics, by its name and labels. */
async function sample(name: string): Promise<number> {
  const line = (await said('/metrics')).split('\n').find((each) => each.startsWith(`${name} `));
  assert.ok(line, `a sample ${name}`);
  return Number(line.slice(name.length + 1));
}

test('what a process reports is what the server says of it, number by number', async (t) => {
  // Somebody generates, and somebody waits for that: there is room for one who waits.
  const leader = clientOf(t, server.url, PATIENT).client;
  const held = keyOf('held');
  const { lookup } = await leader.lookup(held, [], {
    wait: 0,
    freshOnly: false,
    generation: 60_000,
  });
  assert.ok(lookup.state === 'miss' && lookup.leased);
  const follower = clientOf(t, server.url, PATIENT).client;
  void follower.lookup(held, [], { wait: 60_000, freshOnly: false, generation: 60_000 });
  while (!(await said('/v1/test')).includes('"waiting":1'));

  // Over HTTP reports leave with lookups, so that only the clock has to go on.
  let ahead = 0;
  const clock = (): number => now() + ahead;
  const time = new Timekeeper(clock, clock);
  const { handler, client } = handlerOf(t, server.url, { ...PATIENT, transport: 'http', time });
  assert.equal(await handler.get('mine', []), undefined);
  const timestamp = clock();
  ahead += GENERATION;
  await handler.set('mine', Promise.resolve(nextEntry('value', { timestamp })));
  await client.settled(keyOf('mine'));
  for (let n = 0; n < 5; n++) assert.ok(await handler.get('mine', []));
  for (let n = 0; n < 3; n++) assert.equal(await handler.get('held', []), undefined);
  ahead += REPORT_EVERY;
  assert.ok(await handler.get('mine', []));
  while ((await reporting()).length === 0);

  const [instance] = await reporting();
  const counted = { near: 6, fresh: 0, stale: 0, miss: 1, bypass: 0, failed: 3 };
  assert.deepEqual(instance!.lookups, counted);
  const outcome = (name: string) =>
    sample(`larder_near_lookups_total{namespace="test",outcome="${name}"}`);
  assert.deepEqual(await Promise.all(['near', 'bypass', 'failed'].map(outcome)), [
    counted.near,
    counted.bypass,
    counted.failed,
  ]);
  const saved = instance!.savedMillis as number;
  assert.ok(saved >= counted.near * GENERATION, `${saved} ms`);
  assert.equal(
    await sample('larder_saved_generation_seconds_total{namespace="test"}'),
    saved / 1000,
  );
});
