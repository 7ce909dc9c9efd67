import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { keyFrom, keyOf } from '../../src/entry/key.js';
import type { Found } from '../../src/client/judgement.js';
import { REPORT_EVERY, Reporter } from '../../src/client/reporter.js';
import type { Stored } from '../../src/entry/stored.js';
import { now } from '../../src/runtime/clock.js';
import { UNKNOWN } from '../../src/wire/frame.js';
import { answer } from '../support/fake-server.js';
import { randomOf } from '../support/member.js';
import { AT_ONCE, clientOf, fakeServer, look } from '../support/fixtures.js';

const KEY = keyOf('k');
const HTTP = { transport: 'http' } as const;
const NEAR = { entries: 0, bytes: 0, limit: 0 };

/** What a generation ends with. */
function stored(): Stored {
  const life = { stale: 1, revalidate: 10, expire: 100 };
  return { value: [Buffer.from('v')], tags: ['t'], life, generatedAt: now() };
}

/** A server that knows no later version than that, and refuses those. */
async function oldServer(t: TestContext, speaks: number) {
  const server = await fakeServer(t);
  server.version = speaks;
  server.on('HELLO', ({ version }) =>
    version === speaks
      ? answer({
          operation: 'WELCOME',
          version,
          current: server.current,
          server: 'larder 0.0.9',
          ...server.terms,
        })
      : answer({
          operation: 'ERROR',
          code: 'unsupported-version',
          message: `version ${speaks}`,
        }),
  );
  return server;
}

test('who a process is, and where an entry comes from, is reported', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  const [identity] = await server.received('IDENTIFY');
  assert.equal(identity!.pid, process.pid);
  assert.equal(identity!.transport, 'websocket');
  assert.match(identity!.client, /^@larder\/next /);
  await client.take(
    KEY,
    Promise.resolve({ ...stored(), label: '/product/[id]', kind: 'page', generation: 41.6 }),
  );
  const [put] = await server.received('PUT');
  const { instance, build } = identity!;
  const origin = { label: '/product/[id]', kind: 'page', build, instance, generation: 42 };
  assert.deepEqual(put!.origin, origin);
  await client.invalidate(['tag'], 0, { action: 'updateTag', path: '/buy' });
  const [invalidation] = await server.received('INVALIDATE');
  assert.deepEqual(invalidation!.source, { action: 'updateTag', path: '/buy', instance });
});

test('without labels neither label nor path is reported', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url, { labels: false });
  await look(client, KEY, [], AT_ONCE);
  await client.take(KEY, Promise.resolve({ ...stored(), label: '/secret', kind: 'page' }));
  const [put] = await server.received('PUT');
  assert.equal(put!.origin!.label, '');
  await client.invalidate(['tag'], 0, { action: 'updateTag', path: '/secret' });
  const [invalidation] = await server.received('INVALIDATE');
  assert.equal(invalidation!.source!.path, '');
  const reporter = new Reporter(false, () => 0);
  reporter.read('/secret', KEY, undefined);
  assert.deepEqual(reporter.take(UNKNOWN, NEAR).renders, []);
});

for (const changes of [{}, HTTP]) {
  const by = 'transport' in changes ? 'over HTTP' : 'over a connection';
  test(`a server of version 1 is spoken to as it knows, ${by}`, async (t) => {
    const server = await oldServer(t, 1);
    const { client } = clientOf(t, server.url, changes);
    // What is refused is asked again, in the version that is known there.
    assert.equal((await client.lookup(KEY, [], AT_ONCE)).outcome, 'miss');
    await client.take(KEY, Promise.resolve({ ...stored(), label: '/', kind: 'page' }));
    const [put] = await server.received('PUT');
    assert.equal(put!.origin, undefined);
    await client.invalidate(['tag'], 0, { action: 'updateTag', path: '/' });
    const invalidations = await server.received('INVALIDATE');
    assert.equal(invalidations.at(-1)!.source, undefined);
    assert.equal(server.count('IDENTIFY'), 0);
    assert.equal(client.usable, true);
  });
}

for (const speaks of [2, 3]) {
  test(`a server of version ${speaks} is told the paths that are read if it knows them`, async (t) => {
    const server = speaks === 3 ? await fakeServer(t) : await oldServer(t, speaks);
    let ahead = 0;
    const { client } = clientOf(t, server.url, HTTP, () => now() + ahead);
    const found = (): Promise<Found> => client.lookup(KEY, [], AT_ONCE);
    client.count(KEY, await found(), '/', undefined);
    client.count(KEY, await found(), '/', undefined, '/p');
    ahead += REPORT_EVERY;
    client.count(KEY, await found(), '/', undefined, '/p');
    await server.received('REPORT');
    // What is sent after it comes after it.
    await found();
    const told = speaks === 3 ? await server.received('PATHS') : [];
    assert.deepEqual(
      told.map(({ paths }) => paths),
      speaks === 3 ? [[{ path: '/p', count: 2 }]] : [],
    );
    assert.equal(server.count('PATHS'), told.length);
    assert.equal(client.usable, true);
  });
}

test('lookups are counted by outcome, and the hottest keys of the near cache named', () => {
  const reporter = new Reporter(true, () => 0);
  for (let n = 0; n < 1600; n++) reporter.lookedUp(KEY, 'near', 3);
  for (let n = 0; n < 3; n++) reporter.lookedUp(keyOf('other'), 'miss');
  reporter.lookedUp(KEY, 'wait');
  const { lookups, saved, hottest } = reporter.take(UNKNOWN, NEAR);
  assert.deepEqual(lookups, { near: 1600, fresh: 1, stale: 0, miss: 3, bypass: 0, failed: 0 });
  assert.equal(saved, 4800);
  assert.deepEqual(hottest, [{ key: KEY.bytes, count: 1600 }]);
  assert.equal(reporter.take(UNKNOWN, NEAR).lookups.near, 0);
});

test('a path is made of what the last request read that rendered it, and reported when that changes', () => {
  const reporter = new Reporter(true, () => 0);
  const [one, other] = [{}, {}];
  reporter.read('/p', keyOf('a'), one);
  reporter.read('/p', keyOf('b'), one);
  const [first] = reporter.take(UNKNOWN, NEAR).renders;
  assert.deepEqual(first, { path: '/p', keys: [keyOf('a').bytes, keyOf('b').bytes] });
  assert.deepEqual(reporter.take(UNKNOWN, NEAR).renders, []);
  reporter.read('/p', keyOf('c'), other);
  const [second] = reporter.take(UNKNOWN, NEAR).renders;
  assert.deepEqual(second, { path: '/p', keys: [keyOf('c').bytes] });
});

test('what a path is made of is told whatever order its keys are read in, and how often', () => {
  const random = randomOf(20);
  const reporter = new Reporter(true, () => 0);
  const keys = Array.from({ length: 100 }, (_, n) => keyOf(`key ${n}`));
  let [from, told] = [0, ''];
  for (let n = 0; n < 2000; n++) {
    if (random() < 0.2) from = Math.floor(random() * 90);
    const reads = Array.from({ length: 1 + Math.floor(random() * 80) }, (_, at) => {
      const disorder = random() < 0.05 ? Math.floor(random() * 100) : 0;
      return keys[(from + (at % 70) + disorder) % 100]!;
    });
    const request = {};
    for (const key of reads) reporter.read('/p', key, request);
    const expected = [...new Set(reads)].slice(0, 64).map(({ id }) => id);
    const [render] = reporter.take(UNKNOWN, NEAR).renders;
    if (!render) assert.equal([...expected].sort().join(), told);
    else {
      assert.deepEqual(
        render.keys.map((bytes) => keyFrom(bytes).id),
        expected,
      );
      told = [...expected].sort().join();
    }
  }
});

test('what a process remembers for its reports is bounded', () => {
  const reporter = new Reporter(true, () => 0);
  for (let n = 0; n < 5000; n++) {
    reporter.read(`/p/${n}`, KEY, undefined);
    reporter.read('/same', keyOf(`k${n}`), undefined);
  }
  let reported = 0;
  for (let { renders } = reporter.take(UNKNOWN, NEAR); renders.length > 0;) {
    assert.ok(renders.length <= 32);
    assert.ok(renders.every(({ keys }) => keys.length <= 64));
    reported += renders.length;
    ({ renders } = reporter.take(UNKNOWN, NEAR));
  }
  assert.ok(reported <= 256);
});
