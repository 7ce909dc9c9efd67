import assert from 'node:assert/strict';
import { test } from 'node:test';
import { now } from '../../src/runtime/clock.js';
import { OUTCOMES } from '../../src/wire/frame.js';
import { sizeOf } from '../../src/wire/value.js';
import { keyOf } from '../../src/entry/key.js';
import { LIMITS } from '../../src/wire/limits.js';
import { answer } from '../support/fake-server.js';
import { AT_ONCE, clientOf, fakeServer, look, puts, stored } from '../support/fixtures.js';

const KEY = keyOf('k');

test('a put carries the revision known when its generation began', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  const before = now();
  await client.invalidate(['t'], 0);
  await client.take(KEY, Promise.resolve(stored({ generatedAt: before })));
  await client.take(KEY, Promise.resolve(stored({ tags: ['t', '', 't'] })));
  const [early, late] = await server.received('PUT', 2);
  assert.deepEqual(early!.asof, { identity: 0x5d1fn, revision: 7n });
  assert.deepEqual(late!.asof, { identity: 0x5d1fn, revision: 8n });
  assert.deepEqual(late!.content.tags, ['t']);
});

test('a pushed invalidation is known to generations that begin after it', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  const before = now();
  const invalidation = { revision: 8n, expiresIn: 0, tags: ['t'] };
  server.peer.send({ operation: 'INVALIDATION', requestId: 0, identity: 0x5d1fn, invalidation });
  await look(client, KEY, [], AT_ONCE);
  await client.take(KEY, Promise.resolve(stored({ generatedAt: before })));
  await client.take(KEY, Promise.resolve(stored()));
  const sent = await server.received('PUT', 2);
  assert.deepEqual(
    sent.map(({ asof }) => asof.revision),
    [7n, 8n],
  );
});

test('what was generated before the history was known is not sent, and its lease is released', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  const { client, emitted } = clientOf(t, server.url);
  const before = now() - 1000;
  await look(client, KEY, [], AT_ONCE);
  await client.take(KEY, Promise.resolve(stored({ generatedAt: before })));
  await server.received('RELEASE');
  assert.equal(server.count('PUT'), 0);
  assert.equal(puts(emitted, 'dropped'), 1);
});

test('after another history nothing generated before it is sent', async (t) => {
  const server = await fakeServer(t);
  const { port } = server;
  const { client, emitted, log } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  const before = now();
  await server.close();
  await log.until('no connection');
  server.current = { identity: 99n, revision: 0n };
  await server.listen(port);
  const [, hello] = await server.received('HELLO', 2);
  assert.deepEqual(hello!.known, { identity: 0x5d1fn, revision: 7n });
  await client.invalidate(['t'], 0);
  await client.take(KEY, Promise.resolve(stored({ generatedAt: before })));
  await client.take(KEY, Promise.resolve(stored()));
  const [put] = await server.received('PUT');
  assert.deepEqual(put!.asof, { identity: 99n, revision: 1n });
  assert.equal(puts(emitted, 'dropped'), 1);
});

test('a value over the frame limit or with too many tags is not sent', async (t) => {
  const server = await fakeServer(t);
  server.terms.frameLimit = (8 << 20) + 5000;
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  const { client, emitted, log } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  for (let n = 0; n < 2; n++) {
    await client.take(KEY, Promise.resolve(stored({ value: [Buffer.alloc(5001)] })));
  }
  await client.take(
    KEY,
    Promise.resolve(
      stored({ tags: Array.from({ length: LIMITS.entryTags + 1 }, (_, n) => `${n}`) }),
    ),
  );
  // What ends its lease holds nothing.
  const [put] = await server.received('PUT');
  assert.deepEqual([put!.lease, sizeOf(put!.content.value), put!.content.life.expire], [3n, 0, 0]);
  assert.deepEqual([server.count('PUT'), puts(emitted, 'dropped')], [1, 3]);
  // Each is counted, and each kind said once.
  const said = log.notices.filter((line) => line.includes('stays in this process'));
  assert.match(
    said.join('; '),
    /^error: .* 5001 bytes; the server takes 5000 .*; error: .* 8193 tags/,
  );
  assert.equal(said.length, 2);
});

test('an entry of thousands of tags is sent, and so is a tag too long for a frame', async (t) => {
  const server = await fakeServer(t);
  const { client } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  const tags = [...Array.from({ length: 5000 }, (_, n) => `${n}`), 'x'.repeat(5000)];
  await client.take(KEY, Promise.resolve(stored({ tags })));
  const sent = (await server.received('PUT'))[0]!.content.tags;
  assert.deepEqual(sent.slice(0, 5000), tags.slice(0, 5000));
  await client.invalidate(['x'.repeat(5000)], 0);
  assert.deepEqual((await server.received('INVALIDATE'))[0]!.tags, sent.slice(5000));
});

test('a put the server refuses keeps nobody waiting: nothing is to be shared under its lease', async (t) => {
  const server = await fakeServer(t);
  server.on('LOOKUP', () => answer({ operation: 'MISS', current: server.current, lease: 3n }));
  server.on('PUT', () => answer({ operation: 'ERROR', code: 'too-large', message: 'too large' }));
  const { client, log } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  await client.take(KEY, Promise.resolve(stored()));
  await log.until('too large');
  const [, put] = await server.received('PUT', 2);
  assert.deepEqual([put!.lease, sizeOf(put!.content.value), put!.content.life.expire], [3n, 0, 0]);
  // A server that takes not even that can be told that the lease has ended.
  assert.equal((await server.received('RELEASE'))[0]!.lease, 3n);
});

test('puts that do not fit in the queue are dropped and give their leases back', async (t) => {
  const server = await fakeServer(t);
  const { port } = server;
  const { client, emitted, log } = clientOf(t, server.url);
  await look(client, KEY, [], AT_ONCE);
  await server.close();
  await log.until('no connection');
  const value = Buffer.alloc(30 << 20);
  for (let n = 0; n < 3; n++) {
    await client.take(keyOf(`k${n}`), Promise.resolve(stored({ value: [value] })));
  }
  assert.equal(puts(emitted, 'dropped'), 1);
  await server.listen(port);
  const sent = await server.received('PUT', 2);
  assert.deepEqual(
    sent.map(({ content }) => sizeOf(content.value)),
    [30 << 20, 30 << 20],
  );
});

test('what the server does with a put is an event with a reason, unless it stores it', async (t) => {
  const server = await fakeServer(t);
  const { client, emitted, log } = clientOf(t, server.url, { timeout: 5000 });
  await look(client, keyOf('first'));
  for (const outcome of OUTCOMES) {
    server.on('PUT', () => answer({ operation: 'STORED', outcome }));
    await client.take(keyOf(outcome), Promise.resolve(stored()));
    await client.settled(keyOf(outcome));
    const event = emitted.find((one) => one.type === 'put' && one.key === keyOf(outcome).id);
    const { reason } = event as { reason: string };
    assert.equal(reason === '', outcome === 'stored', `${outcome}: ${reason}`);
    const line = log.lines.find((one) => one.includes(`put ${keyOf(outcome).id.slice(0, 12)}`));
    assert.ok(line?.endsWith(reason === '' ? outcome : `${outcome} (${reason})`), line);
  }
});
