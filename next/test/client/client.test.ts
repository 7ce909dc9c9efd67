import assert from 'node:assert/strict';
import { test } from 'node:test';
import { now } from '../../src/runtime/clock.js';
import { keyOf } from '../../src/entry/key.js';
import { answer, type FakeServer } from '../support/fake-server.js';
import {
  AT_ONCE,
  clientOf,
  content,
  fakeServer,
  timed,
  look,
  stored,
} from '../support/fixtures.js';

const KEY = keyOf('k');
const WAITING = { ...AT_ONCE, wait: 1000 };

/** Somebody else generates everything, and never ends. */
function holding(server: FakeServer): void {
  server.on('LOOKUP', ({ waitBudget }) =>
    waitBudget > 0 ? undefined : answer({ operation: 'MISS', current: server.current, lease: 0n }),
  );
}

test('an entry keeps its age on the way', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () =>
    answer({
      operation: 'FRESH',
      current: server.current,
      entry: { revision: 7n, content: content('v', { age: 5000 }) },
    }),
  );
  const { client } = clientOf(t, server.url);
  const found = await look(client, KEY, ['soft', 'soft'], AT_ONCE);
  assert.ok(found.state === 'fresh');
  assert.ok(Math.abs(found.entry.generatedAt - (now() - 5000)) < 1000);
  const [lookup] = await server.received('LOOKUP');
  assert.deepEqual(Buffer.from(lookup!.key), Buffer.from(KEY.bytes));
  assert.deepEqual(lookup!.softTags, ['soft']);
  assert.equal(lookup!.leaseWanted, true);
});

test('a damaged value is a miss, and its lease is kept for the generation', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () =>
    answer({
      operation: 'STALE',
      current: server.current,
      lease: 5n,
      entry: { revision: 7n, content: content('v', { checksum: 1 }) },
    }),
  );
  const { client } = clientOf(t, server.url);
  const found = await look(client, KEY, [], AT_ONCE);
  assert.deepEqual([found.state, found.leased], ['miss', true]);
  await client.take(KEY, Promise.resolve(stored()));
  assert.equal((await server.received('PUT'))[0]!.lease, 5n);
});

test('a follower asks first without waiting, and then waits', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', ({ waitBudget }) =>
    waitBudget === 0
      ? answer({ operation: 'MISS', current: server.current, lease: 0n })
      : answer({
          operation: 'FRESH',
          current: server.current,
          entry: { revision: 7n, content: content('v') },
        }),
  );
  const { client } = clientOf(t, server.url);
  assert.equal((await look(client, KEY, [], WAITING)).state, 'fresh');
  const lookups = await server.received('LOOKUP', 2);
  assert.deepEqual(
    lookups.map(({ waitBudget }) => waitBudget),
    [0, 1000],
  );
});

test('a wait outlasts the timeout as long as the server answers pings', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', ({ waitBudget, requestId }, peer) => {
    if (waitBudget === 0) return answer({ operation: 'MISS', current: server.current, lease: 0n });
    void server
      .received('PING', 5)
      .then(() => peer.send({ operation: 'MISS', requestId, current: server.current, lease: 9n }));
    return undefined;
  });
  const { client, log } = clientOf(t, server.url);
  const found = await look(client, KEY, [], WAITING);
  assert.deepEqual([found.state, found.leased], ['miss', true]);
  assert.equal(log.notices.length, 1);
});

test('a wait ends soon after the server has fallen silent, and is cancelled', async (t) => {
  const server = await fakeServer(t);
  holding(server);
  const { client } = clientOf(t, server.url);
  const spent = timed(() => look(client, KEY, [], { ...AT_ONCE, wait: 5000 }));
  await server.received('LOOKUP', 2);
  server.freeze();
  assert.ok((await spent) < 600, `${await spent} ms`);
  server.thaw();
  const [first, second] = await server.received('LOOKUP', 2);
  const [cancel] = await server.received('CANCEL');
  assert.equal(first!.waitBudget, 0);
  assert.equal(cancel!.lookup, second!.requestId);
});

test('a wait beyond its budget is given up and cancelled', async (t) => {
  const server = await fakeServer(t);
  holding(server);
  const { client } = clientOf(t, server.url);
  const spent = await timed(() => look(client, KEY, [], { ...AT_ONCE, wait: 200 }));
  assert.ok(spent >= 200 && spent < 1000, `${spent} ms`);
  await server.received('CANCEL');
});

test('a lease that is granted too late is released', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  server.freeze();
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 77n }));
  assert.deepEqual((await look(client, KEY, [], AT_ONCE)).leased, false);
  server.thaw();
  const [release] = await server.received('RELEASE');
  assert.equal(release!.lease, 77n);
  assert.deepEqual(Buffer.from(release!.key), Buffer.from(KEY.bytes));
});

test('a lease is renewed while its generation runs, and not after it was put', async (t) => {
  const server = await fakeServer(t);
  server.terms.lease = 60;
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  const { client } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  await server.received('RENEW', 3);
  await client.take(KEY, Promise.resolve(stored()));
  await server.received('PUT');
  const renewals = server.count('RENEW');
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 4n }));
  await look(client, keyOf('other'), [], AT_ONCE);
  const [later] = (await server.received('RENEW', renewals + 1)).slice(-1);
  assert.equal(later!.lease, 4n);
});

test('a lease is left to lapse when its generation outlives its bound', async (t) => {
  const server = await fakeServer(t);
  server.terms.lease = 60;
  const { client } = clientOf(t, server.url);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  await look(client, KEY, [], { ...AT_ONCE, generation: 50 });
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 4n }));
  await look(client, keyOf('other'), [], AT_ONCE);
  const renewals = await server.received('RENEW', 10);
  assert.ok(renewals.filter(({ lease }) => lease === 3n).length <= 3);
  await client.take(KEY, Promise.resolve(stored()));
  assert.equal((await server.received('PUT'))[0]!.lease, 0n);
});

test('a lease the server says is gone is not presented any more', async (t) => {
  const server = await fakeServer(t);
  server.terms.lease = 60;
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  server.on('RENEW', () => answer({ operation: 'RENEWED', held: false }));
  const { client } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  await server.received('RENEW');
  await look(client, keyOf('a round trip after the answer'), [], AT_ONCE);
  await client.take(KEY, Promise.resolve(stored()));
  assert.equal((await server.received('PUT'))[0]!.lease, 0n);
});
