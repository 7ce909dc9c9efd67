import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { now } from '../../src/runtime/clock.js';
import { keyOf } from '../../src/entry/key.js';
import type { Settings } from '../../src/runtime/settings.js';
import { answer, HISTORY } from '../support/fake-server.js';
import {
  AT_ONCE,
  clientOf,
  content,
  fakeServer,
  handlerOf,
  look,
  nextEntry,
  puts,
  stored,
  textOf,
  timed,
} from '../support/fixtures.js';

const KEY = keyOf('k');
/** As patient as a busy machine needs, and as a page is. */
const HTTP: Partial<Settings> = { transport: 'http', timeout: 5000 };
const HASTY: Partial<Settings> = { transport: 'http', timeout: 100 };
const free = answer({ operation: 'MISS', current: HISTORY, lease: 3n });
const held = answer({ operation: 'MISS', current: HISTORY, lease: 0n });
const fresh = answer({
  operation: 'FRESH',
  current: HISTORY,
  entry: { revision: 7n, content: content('v') },
});

test('a turn of the event loop is one request, which begins with a handshake', async (t) => {
  const server = await fakeServer(t);
  const settings = { ...HTTP, namespace: 'shop', token: 's3cret' };
  const { client } = clientOf(t, server.url, settings);
  const lookups = [];
  for (let n = 0; n < 3; n++) {
    lookups.push(look(client, keyOf(`k${n}`)));
    await Promise.resolve();
  }
  await Promise.all(lookups);
  assert.deepEqual(server.messages, [['HELLO', 'REFRESH', 'LOOKUP', 'LOOKUP', 'LOOKUP']]);
  assert.equal(server.paths[0], '/v1/shop/batch');
  assert.equal(server.headers[0]!.authorization, 'Bearer s3cret');
  assert.equal(server.headers[0]!['content-type'], 'application/octet-stream');
  await look(client, KEY);
  assert.deepEqual(server.messages.at(-1), ['HELLO', 'REFRESH', 'LOOKUP']);
  const hellos = await server.received('HELLO');
  assert.deepEqual(hellos[0]!.known, { identity: 0n, revision: 0n });
  assert.deepEqual(
    server.frames.findLast(({ operation }) => operation === 'HELLO'),
    {
      ...hellos[0]!,
      known: HISTORY,
    },
  );
});

test('a lookup that waits, and an invalidation, hold nobody else back', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', ({ waitBudget }) => (waitBudget > 0 ? undefined : held));
  const { client } = clientOf(t, server.url, HTTP);
  const waiting = look(client, KEY, [], { ...AT_ONCE, wait: 5000 });
  await server.received('LOOKUP', 2);
  assert.deepEqual(server.messages.at(-1), ['HELLO', 'LOOKUP']);
  const other = look(client, keyOf('other'));
  const invalidated = client.invalidate(['t'], 0);
  assert.equal((await other).state, 'miss');
  await invalidated;
  assert.ok(server.messages.some((message) => message.join() === 'HELLO,INVALIDATE'));
  client.end();
  await waiting;
});

test('a wait that is given up is ended, so that the server lets go of it', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', ({ waitBudget }) => (waitBudget > 0 ? undefined : held));
  const { client } = clientOf(t, server.url, HTTP);
  const spent = await timed(() => look(client, KEY, [], { ...AT_ONCE, wait: 200 }));
  assert.ok(spent >= 200 && spent < 1000, `${spent} ms`);
  await server.abandoned(1);
  assert.equal(client.usable, true);
});

test('a wait ends soon after the server has fallen silent', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', ({ waitBudget }) => (waitBudget > 0 ? undefined : held));
  const { client } = clientOf(t, server.url, { ...HTTP, timeout: 1000 });
  const spent = timed(() => look(client, KEY, [], { ...AT_ONCE, wait: 60_000 }));
  await server.received('LOOKUP', 2);
  await server.received('PING', 1);
  assert.equal(client.usable, true);
  server.freeze();
  assert.ok((await spent) < 4000, `${await spent} ms`);
});

test('a lookup the server is slow at ends no wait, and is not taken for its end', async (t) => {
  const server = await fakeServer(t);
  const { client, log } = clientOf(t, server.url, HASTY);
  await look(client, KEY);
  server.on('LOOKUP', ({ waitBudget }) => (waitBudget > 0 ? undefined : held));
  const waiting = look(client, KEY, [], { ...AT_ONCE, wait: 60_000 });
  const [, , waits] = await server.received('LOOKUP', 3);
  assert.equal(waits!.waitBudget, 60_000);
  server.on('LOOKUP', () => undefined);
  for (let n = 0; n < 3; n++) {
    const spent = await timed(() => look(client, keyOf('slow')));
    assert.ok(spent >= 80 && spent < 400, `${spent} ms`);
    assert.equal(client.usable, true);
  }
  assert.ok((await timed(() => look(client, keyOf('slow')))) < 60);
  assert.equal(server.batches.abandoned, 0);
  assert.equal(log.notices.length, 1);
  client.end();
  await waiting;
});

test('a hit in this process costs one REFRESH a request, and what it lists counts', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () => fresh);
  const { handler } = handlerOf(t, server.url, { ...HTTP, nearCache: 1 << 20 });
  const request = async (): Promise<string | undefined> => {
    await handler.refreshTags();
    return textOf(await handler.get('k', []));
  };
  assert.equal(await request(), 'v');
  server.messages.length = 0;
  assert.equal(await request(), 'v');
  assert.deepEqual(server.messages, [['HELLO', 'REFRESH']]);
  const current = { ...HISTORY, revision: 8n };
  server.on('REFRESH', ({ known }) =>
    answer({
      operation: 'REFRESHED',
      current,
      since: known.revision,
      invalidations: [{ revision: 8n, expiresIn: 0, tags: ['t'] }],
    }),
  );
  server.on('LOOKUP', () => free);
  assert.equal(await request(), undefined);
});

test('a generation is stamped with the last refresh, also without a near cache', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url, HTTP);
  await look(client, KEY);
  server.invalidate(['other']);
  server.invalidate(['another']);
  const before = now();
  await look(client, KEY);
  await look(client, KEY);
  await client.take(KEY, Promise.resolve(stored({ generatedAt: before })));
  await client.take(KEY, Promise.resolve(stored()));
  const sent = await server.received('PUT', 2);
  assert.deepEqual(
    sent.map(({ asof }) => asof.revision),
    [7n, 9n],
  );
});

test('set is done when the put was answered', async (t) => {
  const server = await fakeServer(t);
  const { handler, emitted } = handlerOf(t, server.url, HTTP);
  await handler.get('k', []);
  await handler.set('k', Promise.resolve(nextEntry('v')));
  assert.equal(server.count('PUT'), 1);
  assert.equal(puts(emitted, 'stored'), 1);
});

test('set does not wait for a server that does not answer for longer than a lookup may take', async (t) => {
  const server = await fakeServer(t);
  const { handler } = handlerOf(t, server.url, HASTY);
  await handler.get('k', []);
  server.freeze();
  const set = (key: string) => timed(() => handler.set(key, Promise.resolve(nextEntry('v'))));
  const spent = await set('k');
  assert.ok(spent >= 450 && spent < 950, `${spent} ms`);
  await handler.get('other', []);
  assert.ok((await set('other')) < 60);
});

test('a message that exceeds 1 MiB is followed by another', async (t) => {
  const server = await fakeServer(t);
  const { client, emitted } = clientOf(t, server.url, HTTP);
  await look(client, KEY);
  const value = Buffer.alloc(600 << 10);
  const sent = Array.from({ length: 5 }, (_, n) =>
    client.take(keyOf(`k${n}`), Promise.resolve(stored({ value: [value] }))),
  );
  await Promise.all(sent);
  assert.equal(puts(emitted, 'stored'), 5);
  const sizes = server.messages.flatMap((message) => {
    const count = message.filter((operation) => operation === 'PUT').length;
    return count > 0 ? [count] : [];
  });
  assert.deepEqual(sizes, [2, 2, 1]);
});

test('puts beyond what may wait in memory are dropped', async (t) => {
  const server = await fakeServer(t);
  const { client, emitted } = clientOf(t, server.url, HTTP);
  await look(client, KEY);
  server.freeze();
  const value = Buffer.alloc(30 << 20);
  const take = (n: number) =>
    client.take(keyOf(`k${n}`), Promise.resolve(stored({ value: [value] })));
  const sent = [take(0), take(1), take(2)];
  while (puts(emitted, 'dropped') === 0) await turn();
  assert.equal(puts(emitted, 'dropped'), 1);
  server.thaw();
  await server.received('PUT', 2);
  await Promise.all(sent);
});
